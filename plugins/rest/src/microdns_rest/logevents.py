"""What the REST interface logs."""

from microdns.logs import LogEvents

EVENTS = LogEvents("rest")

CERTIFICATE_LOADED = EVENTS.info(
    "certificate.loaded", "The certificate files had changed, and new connections get the new one."
)
CERTIFICATE_REFUSED = EVENTS.warn(
    "certificate.refused",
    "The certificate files had changed and can't be used; the old certificate is served on.",
)

LEFT_OUT = EVENTS.warn(
    "operation.left_out",
    "A plugin's operation has no route, since its path is broken or another operation's.",
)
