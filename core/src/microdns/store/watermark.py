"""How far writes are durable, told in the log itself.

Every write bears, besides its own rows, one that tells its number, and up to which number writes
were on the disk by then.  So when a log ends in what can't be read, what comes behind it tells
whether anybody was promised what is missing: no, when the power went in the midst of a flush; yes,
when the disk has lost something.
"""

import os
import struct
from pathlib import Path

SECRET_OCTETS = 16
_NUMBERS = struct.Struct(">QQ")
_ROW_OCTETS = SECRET_OCTETS + _NUMBERS.size
_BLOCK_OCTETS = 32 << 10
_FRAGMENT_HEADER = 7
"""A log consists of blocks; each begins with the header of what follows, also within a write."""


class Watermark:
    """Numbers of writes, counted over the life of a database.

    A row is ``secret | written | durable``, the numbers in 8 octets each, big endian.  The secret,
    of 16 random octets, is the database's own: nobody can put a row into a value.
    """

    __slots__ = ("_secret", "durable", "written")

    def __init__(self, row: bytes | None) -> None:
        """As the newest row tells that there is; a new one where there is none."""
        row = row or os.urandom(SECRET_OCTETS) + bytes(_NUMBERS.size)
        self._secret = row[:SECRET_OCTETS]
        self.written: int
        self.durable: int
        self.written, self.durable = _NUMBERS.unpack_from(row, SECRET_OCTETS)

    def row(self) -> bytes:
        """What the next write bears."""
        self.written += 1
        return self._secret + _NUMBERS.pack(self.written, self.durable)

    def promised(self, folder: Path) -> int:
        """The highest number that any row in the logs of a database calls durable."""
        logs = [without_headers(log.read_bytes()) for log in folder.glob("*.log")]
        return max((self._promised(octets) for octets in logs), default=0)

    def _promised(self, octets: bytes) -> int:
        highest, at = 0, octets.find(self._secret)
        while 0 <= at <= len(octets) - _ROW_OCTETS:
            durable: int = _NUMBERS.unpack_from(octets, at + SECRET_OCTETS)[1]
            highest = max(highest, durable)
            at = octets.find(self._secret, at + 1)
        return highest


def without_headers(log: bytes) -> bytes:
    """The octets of a log without those that begin its blocks, which may cut a row in two."""
    return b"".join(
        log[at + _FRAGMENT_HEADER : at + _BLOCK_OCTETS] for at in range(0, len(log), _BLOCK_OCTETS)
    )
