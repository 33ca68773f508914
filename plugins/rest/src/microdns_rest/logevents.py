"""What the REST interface logs."""

from microdns.logs import LogEvents

EVENTS = LogEvents("rest")

LEFT_OUT = EVENTS.warn(
    "operation.left_out",
    "A plugin's operation has no route, since its path is broken or another operation's.",
)
OPEN = EVENTS.warn(
    "interface.open",
    "The REST interface listens beyond this machine, and there is no key: whoever reaches it may "
    "do everything. `microdns key create` or `api.rest.api_key` closes it.",
)
