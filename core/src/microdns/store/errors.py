"""What only a store can fail with, beside ``StorageFault``."""

from microdns.errors import NotFound, Unavailable


class StoreLocked(Unavailable):
    """Another process (``pid``, where it can be told) has the store open."""

    code = "store-locked"

    def __init__(self, path: str, pid: int | None) -> None:
        holder = f"process {pid}" if pid else "another process"
        super().__init__(f"the database at {path} is in use by {holder}")
        self.path = path
        self.pid = pid


class CursorTooOld(NotFound):
    """Retention has removed journal entries after the cursor; ``oldest`` is what is left."""

    code = "cursor-too-old"

    def __init__(self, after: int, oldest: int) -> None:
        super().__init__(
            f"the journal no longer holds what came after {after}: its oldest entry is {oldest}"
        )
        self.after = after
        self.oldest = oldest
