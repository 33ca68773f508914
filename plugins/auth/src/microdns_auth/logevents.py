"""What the plugin logs."""

from microdns.logs import LogEvents

EVENTS = LogEvents("auth")

TRANSFER_REFUSED = EVENTS.warn(
    "auth.transfer_refused",
    "Somebody asked for a zone who may not have it (`allow_transfer`), or there are as many "
    "transfers already as `transfers_max` allows (`outcome` busy).",
)
TRANSFER_ENDED = EVENTS.info(
    "auth.transfer_ended",
    "A zone was sent to a secondary; `outcome` is sent, or broken when the client went away, was "
    "too slow, or the store failed.",
)
