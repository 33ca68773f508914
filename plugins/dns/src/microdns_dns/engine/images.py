"""Images of zones as files, so that a start loads them instead of building them anew.

A file holds one zone as of one journal entry: a header, the nodes' octets, the table of slots.  It
lies in the store's folder for what can be made anew, and counts for nothing unless all of it is as
it was written: layout, sizes, checksums, the journal entry.  Whatever is wrong with it, the zone is
built from its records, and the log says why.

The table of slots depends on the secret that names are hashed with, which is kept beside the
images, readable by the owner only.  A process that hashes with another one fills the slots again.

====================  ======  =======================================================
header                octets
====================  ======  =======================================================
magic                 8       ``MDNSIMG`` and the layout's number
byte order            4       1, as this kind of processor writes it
cuts                  4       ``Cuts`` of ``zones.pxd``
zone id               16
journal sequence      8       of the last entry that is in it
entry's time          8       Unix time in ns, by which the entry is known again
secret's mark         8
names, octets, slots  8 each
checksums             4 each  CRC-32 of octets, of slots, of the header before this one
====================  ======  =======================================================
"""

import contextlib
import os
import sys
import zlib
from collections.abc import Iterable
from pathlib import Path
from struct import Struct
from typing import NamedTuple

from microdns_dns.engine.image import ImageData
from microdns_dns.engine.name import secret, secret_mark, use_secret

MAGIC = b"MDNSIMG\1"
"""Its last octet counts the layouts, of nodes as well: see ``node.pxd``."""
OCTETS_MAX = 8 << 30
_HEADER = Struct("=8sII16sqq8sQQQIII")
_UNTIL_CHECKSUM = _HEADER.size - 4
_ORDER = 1
_CUTS_MAX = 3
_SUFFIX = ".image"
_KEY_FILE = "key"


class Position(NamedTuple):
    """A place in the journal: the entry's sequence, and its time in ns since 1970."""

    sequence: int
    time_ns: int


class Unusable(Exception):
    """The file can't be used; the message says why."""


class ZoneImages:
    """The images in a folder, one a zone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def prepare(self) -> None:
        """Make the folder, and hash as the images in it were hashed, while that can be chosen."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in self.folder.glob(".*"):
            left.unlink()  # half of a file, from a process that was killed
        with contextlib.suppress(OSError):
            use_secret((self.folder / _KEY_FILE).read_bytes())

    def read(self, zone_key: bytes) -> tuple[ImageData, Position] | None:
        """The zone's image, and as of when it is; None when there is none.

        Raises Unusable for a file that is not whole, not of this zone or of another layout.
        """
        try:
            with open(self._path(zone_key), "rb", buffering=0) as file:
                return _read(file.fileno(), zone_key)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unusable(error.strerror or str(error)) from None

    def write(self, zone_key: bytes, data: ImageData, position: Position) -> int:
        """Put an image in the place of the one before; how many octets that took.

        It is on disk when this returns.  Raises OSError.
        """
        self._write_secret()
        with memoryview(data) as octets:
            body = [octets[: data.octets], octets[data.octets :]]
            header = _HEADER.pack(
                MAGIC, _ORDER, data.cuts, zone_key, *position, secret_mark(), data.names,
                data.octets, data.slots, zlib.crc32(body[0]), zlib.crc32(body[1]), 0,
            )  # fmt: skip
            header = header[:_UNTIL_CHECKSUM] + _checksum(header)
            size = self._replace(self._path(zone_key), [memoryview(header), *body])
            del body
        return size

    def drop(self, zone_key: bytes) -> None:
        """Forget a zone's image."""
        self._path(zone_key).unlink(missing_ok=True)

    def keep_only(self, zone_keys: Iterable[bytes]) -> None:
        """Forget the images of all other zones."""
        kept = {self._path(key).name for key in zone_keys}
        for file in self.folder.glob(f"*{_SUFFIX}"):
            if file.name not in kept:
                file.unlink(missing_ok=True)

    def _path(self, zone_key: bytes) -> Path:
        return self.folder / f"{zone_key.hex()}{_SUFFIX}"

    def _write_secret(self) -> None:
        path = self.folder / _KEY_FILE
        try:
            if path.read_bytes() == secret():
                return
        except FileNotFoundError:
            pass
        self._replace(path, [memoryview(secret())])

    def _replace(self, path: Path, pieces: list[memoryview]) -> int:
        partial = path.with_name(f".{path.name}")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "wb", buffering=0) as file:
            size = sum(_write_all(file.fileno(), piece) for piece in pieces)
            os.fsync(file.fileno())
        os.replace(partial, path)
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return size


def _read(file: int, zone_key: bytes) -> tuple[ImageData, Position]:
    raw = os.read(file, _HEADER.size)
    if len(raw) < _HEADER.size or raw[:8] != MAGIC:
        raise Unusable("it is of another version" if raw[:7] == MAGIC[:7] else "it is no image")
    (_, order, cuts, key, sequence, time_ns, mark, names, octets, slots, *sums, _) = _HEADER.unpack(
        raw
    )
    known = order == _ORDER and key == zone_key and cuts <= _CUTS_MAX
    if not known or _checksum(raw) != raw[_UNTIL_CHECKSUM:]:
        raise Unusable("its header is damaged")
    if octets + slots * 8 != os.fstat(file).st_size - _HEADER.size or octets > OCTETS_MAX:
        raise Unusable("it is cut short")
    try:
        data = ImageData.empty(octets, slots, names, cuts)
    except ValueError as error:
        raise Unusable(str(error)) from None
    _fill(file, data, sums)
    if mark != secret_mark():
        try:
            data.place_again()
        except ValueError as error:
            raise Unusable(str(error)) from None
    return data, Position(sequence, time_ns)


def _fill(file: int, data: ImageData, sums: list[int]) -> None:
    with memoryview(data) as octets:
        at = 0
        while at < len(octets):
            count = os.readv(file, [octets[at : at + (1 << 30)]])
            if count == 0:
                raise Unusable("it is cut short")
            at += count
        found = [zlib.crc32(octets[: data.octets]), zlib.crc32(octets[data.octets :])]
    if found != sums:
        raise Unusable("its checksum is wrong")


def _checksum(header: bytes) -> bytes:
    return zlib.crc32(header[:_UNTIL_CHECKSUM]).to_bytes(4, sys.byteorder)


def _write_all(file: int, piece: memoryview) -> int:
    at = 0
    while at < len(piece):
        at += os.write(file, piece[at : at + (64 << 20)])
    return at
