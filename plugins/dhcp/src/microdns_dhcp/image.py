"""What memory holds of every lease, packed, in one file: a start reads it instead of the leases.

The file says as of which journal entry it is; the start applies what the journal has after that.
It counts for nothing unless it is whole and the journal has that entry: then leases are read from
the store, one by one.  It lies in the store's folder for what can be made anew.

============  =====================================================================
``MAGIC``     its last octet counts the layouts
checksum      4 octets: CRC-32 of all that follows
length        4 octets: of the head
head          msgpack: sequence and time of the entry, the octets of each stretch
stretches     each a msgpack array of ``Binding``; all of them in order of ``lease_key``
============  =====================================================================
"""

import heapq
import os
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

import msgspec

from microdns_dhcp.model import Binding, lease_key

MAGIC = b"MDNSLEA\1"
STRETCH = 250
"""Leases of one stretch when it is made, so many that to pack them anew takes less than half a
millisecond; one that has grown to twice that is cut."""
_SORTED_AT_ONCE = 100
_SUMMED = len(MAGIC) + 4
_HEAD = _SUMMED + 4

Changes = Mapping[bytes, Binding | None]
"""What has become of addresses; None: nothing is kept of them any more."""

Change = tuple[bytes, Binding | None]
"""The ``lease_key`` of an address, and what has become of it."""
_END = b"\xff"
"""Greater than any ``lease_key``."""
_NO_CHANGE: Change = (_END, None)

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Binding]).decode


class Unusable(Exception):
    """The file can't be used; the message says why."""


class Head(msgspec.Struct, array_like=True, frozen=True):
    """``sequence`` and ``time_ns`` are those of the last journal entry that is in the image."""

    sequence: int
    time_ns: int
    octets: list[int]


class Stretch:
    """Bindings in a row, packed; ``first`` is the ``lease_key`` of the first of them."""

    __slots__ = ("first", "octets")

    def __init__(self, first: bytes, octets: bytes | memoryview) -> None:
        self.first = lease_key(first)
        self.octets = octets


def merged(bindings: list[Binding], changes: Changes) -> list[Binding]:
    """A stretch after changes, in order."""
    kept = [each for each in bindings if each.address not in changes]
    kept.extend(binding for binding in changes.values() if binding is not None)
    kept.sort(key=_key)
    return kept


def by_stretch(firsts: list[bytes], changes: Changes) -> dict[int, dict[bytes, Binding | None]]:
    """Changes by the stretch (its place among ``firsts``) that each belongs to."""
    found: dict[int, dict[bytes, Binding | None]] = {}
    for address, binding in changes.items():
        at = max(0, bisect_right(firsts, lease_key(address)) - 1)
        found.setdefault(at, {})[address] = binding
    return found


def in_order(addresses: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The ``lease_key`` of each address, in order, some at a time; while they are being sorted,
    none at a time.  Each step takes some tenths of a millisecond."""
    keys = map(lease_key, addresses)
    parts = []
    while part := sorted(islice(keys, _SORTED_AT_ONCE)):
        parts.append(part)
        yield []
    ordered = heapq.merge(*parts)
    while step := list(islice(ordered, _SORTED_AT_ONCE)):
        yield step


def applied(stretches: list[Stretch], changes: Iterable[Change]) -> Iterator[Stretch]:
    """The stretches after changes, which come in order, each a step of half a millisecond.

    Stretches that nothing happens to are passed on as they are.
    """
    coming = iter(changes)
    change = next(coming, _NO_CHANGE)
    for at in range(max(1, len(stretches))):
        end = stretches[at + 1].first if at + 1 < len(stretches) else _END
        if stretches and change[0] >= end:
            yield stretches[at]
            continue
        bindings = unpacked(stretches[at].octets) if stretches else []
        while change[0] < end:
            own: dict[bytes, Binding | None] = {}
            while change[0] < end and len(own) < STRETCH:
                own[change[0][1:]] = change[1]
                change = next(coming, _NO_CHANGE)
            bindings = merged(bindings, own)
            if change[0] < end:
                # What comes before the next change is done with.
                done = bisect_left(bindings, change[0], key=_key)
                yield from packed(bindings[:done])
                bindings = bindings[done:]
        yield from packed(bindings)


def packed(bindings: list[Binding]) -> Iterator[Stretch]:
    """Stretches of bindings that are in order."""
    size = STRETCH if len(bindings) >= 2 * STRETCH else max(1, len(bindings))
    for start in range(0, len(bindings), size):
        part = bindings[start : start + size]
        yield Stretch(part[0].address, _encode(part))


def packed_anew(bindings: Iterable[Binding]) -> list[Stretch]:
    """Stretches of bindings that are in no order."""
    return list(packed(sorted(bindings, key=_key)))


def unpacked(octets: bytes | memoryview) -> list[Binding]:
    """The bindings of a stretch, one at least; raises Unusable."""
    try:
        found = _decode(octets)
    except msgspec.MsgspecError as error:
        raise Unusable(f"a stretch can't be read: {error}") from None
    if not found:
        raise Unusable("a stretch is empty")
    return found


def loaded(stretches: list[list[Binding]], changes: Changes) -> Iterator[list[Binding]]:
    """Bindings as read from a file, after changes."""
    firsts = [lease_key(each[0].address) for each in stretches]
    own = by_stretch(firsts, changes)
    if not stretches:
        yield merged([], changes)
    for at, bindings in enumerate(stretches):
        yield merged(bindings, own[at]) if at in own else bindings


def read(path: Path) -> tuple[Head, list[memoryview]]:
    """The head and stretches of a file; raises FileNotFoundError, Unusable."""
    try:
        data = memoryview(path.read_bytes())
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Unusable(error.strerror or str(error)) from None
    if len(data) < _HEAD or data[: len(MAGIC)] != MAGIC:
        raise Unusable("it is no image of leases, or of another version")
    if zlib.crc32(data[_SUMMED:]) != int.from_bytes(data[len(MAGIC) : _SUMMED], "big"):
        raise Unusable("it is damaged")
    at = _HEAD + int.from_bytes(data[_SUMMED:_HEAD], "big")
    try:
        head = msgspec.msgpack.decode(data[_HEAD:at], type=Head)
    except msgspec.MsgspecError as error:
        raise Unusable(f"its head can't be read: {error}") from None
    found = []
    for octets in head.octets:
        found.append(data[at : at + octets])
        at += octets
    return head, found


def write(path: Path, sequence: int, time_ns: int, stretches: Iterable[Stretch]) -> int:
    """Put an image in the place of the one before; how many octets it has.

    It is on disk when this returns.  Raises OSError.
    """
    bodies = [each.octets for each in stretches]
    head = _encode(Head(sequence, time_ns, [len(each) for each in bodies]))
    pieces = [len(head).to_bytes(4, "big"), head, *bodies]
    checksum = 0
    for piece in pieces:
        checksum = zlib.crc32(piece, checksum)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(MAGIC + checksum.to_bytes(4, "big"))
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())
        size = file.tell()
    os.replace(partial, path)
    return size


def _key(binding: Binding) -> bytes:
    return lease_key(binding.address)
