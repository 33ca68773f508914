"""What registration logs: names that stay, explained in the manual."""

from microdns.logs import LogEvents

EVENTS = LogEvents("registration")

NAME_CONFLICT = EVENTS.info(
    "registration.conflict",
    "A lease does not get the name that it should have; `reason` and `holder` say why.",
)
FAILED = EVENTS.error(
    "registration.failed",
    "Leases could not be registered now; it is tried again. DHCP is not held up by it.",
)
LEFT_OUT = EVENTS.error(
    "registration.left_out",
    "One lease could not be registered, and was passed over so that others are; the next "
    "reconciliation tries it again.",
)
CURSOR_TOO_OLD = EVENTS.warn(
    "registration.cursor_too_old",
    "The journal no longer has all events since the last one that was settled: everything is "
    "compared with the leases.",
)
RECONCILED = EVENTS.info(
    "registration.reconciled",
    "Records and leases were compared, and put right where they differed.",
)
