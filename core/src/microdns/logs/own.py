"""What logging itself logs."""

from microdns.logs.events import LogEvents

LOGGER = "microdns.logging"

EVENTS = LogEvents("logging")
REPEATED = EVENTS.info(
    "log.repeated",
    "Records of one event came faster than `logging.repeats_max`; `count` were held back. "
    "Its level is that of the event.",
)
DROPPED = EVENTS.warn(
    "log.dropped", "The output stream took no more for a while; `count` lines were not written."
)
MISSED = EVENTS.warn(
    "log.missed", "Seen by a reader of new records only: it was too slow, and missed `count`."
)
THREAD_FAILED = EVENTS.error(
    "process.thread_failed", "A thread ended with an exception that nothing caught."
)
UNRAISABLE = EVENTS.error(
    "process.unraisable", "An exception came where it can't be raised, such as in a finalizer."
)
