"""What the store and the bus log: names that stay, explained in the manual."""

from microdns.logs.events import LogEvents

EVENTS = LogEvents("store")

FAULTED = EVENTS.error(
    "store.faulted",
    "The disk failed a write. Nothing is written until it works again, which is tried with "
    "growing pauses; what was acknowledged is safe.",
)
RECOVERED = EVENTS.warn("store.recovered", "The disk works again, and so does the store.")
RECOVERY_FAILED = EVENTS.warn("store.recovery_failed", "The disk does not work yet.")
LISTENER_FAILED = EVENTS.error(
    "store.listener_failed", "A part of the process could not take in a change: a defect."
)
CUT_SHORT = EVENTS.warn(
    "store.cut_short",
    "The machine went down in the midst of a write that nobody was told was done. It is left out; "
    "everything that was acknowledged is there.",
)
MIGRATED = EVENTS.info("store.migrated", "Stored data were brought to a plugin's new form.")
INDEXING = EVENTS.info("store.indexing", "Indexes that are new are built from the stored values.")
UNDECODABLE = EVENTS.error(
    "store.undecodable", "A journal entry does not fit its event's class, and reads as unknown."
)
BULK_UNDONE = EVENTS.warn(
    "store.bulk_undone",
    "The process ended, or the disk failed, in the midst of an import that nobody was told was "
    "done. What there was of it is removed.",
)
TAP_FAILED = EVENTS.error("bus.tap_failed", "A plugin could not take in a change: a defect.")
