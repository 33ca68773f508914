"""Room in the log, written ahead of its use.

A log that grows with each write makes each flush bring a new size, and new blocks, to the journal
of the file system: several orders to the disk, each waiting for the one before.  Where the log's
next octets are zeros that are on the disk already, a flush writes over them in place, and orders
nothing else.  It waits for less, takes less of the processor, and wears flash less.

RocksDB takes zeros behind the last record for the end of a log, and cuts them off when it is done
with it.
"""

import os
from pathlib import Path

ROOM_OCTETS = 256 << 10
"""Written at a time: so few that neither the write nor the flush after it holds anybody up."""
_ROOM = bytes(ROOM_OCTETS)
_GRANTED_OCTETS = ROOM_OCTETS - (ROOM_OCTETS >> 3)
"""Of which so many are counted on: records have headers, and blocks have some more."""
USED_OCTETS_MIN = 64 << 10
"""So much goes into a log before room is made in it: one that is hardly written to needs none."""
LOOKED_AFTER_OCTETS = 8 << 10
"""After so many it is looked whether a new log has been begun: to ask takes a good part of the time
of a small write."""


class LogAhead:
    """Makes room in the newest log of a database.

    Belongs to the thread that writes: zeros go behind everything that is in the file at that
    moment, and nobody else may be adding to it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._changed_ns = 0
        self._newest = ""
        self._left = USED_OCTETS_MIN
        self._unlooked = 0

    def wrote(self, octets: int) -> None:
        """Count what has been written, and make room when what there was is nearly used up.

        Where there can be none (the disk is full) the log grows as it would have.
        """
        self._left -= octets
        self._unlooked += octets
        if self._left > 0 and self._unlooked < LOOKED_AFTER_OCTETS:
            return
        try:
            changed_ns = os.stat(self._folder).st_mtime_ns
            if changed_ns != self._changed_ns:
                self._changed_ns = changed_ns
                self._look()
            self._unlooked = 0
            if self._left <= 0 and self._newest:
                self._left = _GRANTED_OCTETS
                self._make_room()
        except OSError:
            self._left = ROOM_OCTETS

    def _look(self) -> None:
        """See whether a new log has been begun."""
        names = [name for name in os.listdir(self._folder) if name.endswith(".log")]
        newest = max(names, key=lambda name: int(name.removesuffix(".log")), default="")
        if newest != self._newest:
            self._newest, self._left = newest, USED_OCTETS_MIN - self._unlooked

    def _make_room(self) -> None:
        log = os.open(self._folder / self._newest, os.O_WRONLY)
        try:
            os.pwrite(log, _ROOM, os.fstat(log).st_size)
        finally:
            os.close(log)
