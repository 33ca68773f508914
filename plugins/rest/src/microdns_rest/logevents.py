"""What the REST interface logs."""

from microdns.logs import LogEvents

EVENTS = LogEvents("rest")

LEFT_OUT = EVENTS.warn(
    "operation.left_out",
    "A plugin's operation has no route, since its path is broken or another operation's.",
)
