"""Reading and writing the pieces that options are made of, within bounds."""

import ipaddress
import struct
from collections.abc import Iterable

ADDRESS_OCTETS = 16
LABEL_OCTETS_MAX = 63
NAME_OCTETS_MAX = 255
_NUMBERS = {1: "!B", 2: "!H", 4: "!I"}


class Malformed(ValueError):
    """Octets that break a rule of their format; the text says which."""


class Reader:
    """Takes octets from the front; nothing is ever read past the end (``Malformed``)."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """Octets that were not taken yet."""
        return len(self._data) - self._at

    def octets(self, count: int) -> bytes:
        """The next so many octets."""
        end = self._at + count
        if count < 0 or end > len(self._data):
            raise Malformed("runs past its end")
        found = self._data[self._at : end]
        self._at = end
        return found

    def number(self, octets: int) -> int:
        """The next 1, 2 or 4 octets as a number in network order."""
        found: int = struct.unpack(_NUMBERS[octets], self.octets(octets))[0]
        return found

    def rest(self) -> bytes:
        """All that is left."""
        return self.octets(self.left)


def addresses(data: bytes) -> tuple[ipaddress.IPv6Address, ...]:
    """IPv6 addresses that stand side by side."""
    if len(data) % ADDRESS_OCTETS:
        raise Malformed("is no whole number of addresses")
    starts = range(0, len(data), ADDRESS_OCTETS)
    return tuple(ipaddress.IPv6Address(data[at : at + ADDRESS_OCTETS]) for at in starts)


def padded(data: bytes) -> bytes:
    """With zeros up to a multiple of eight octets, as all options are (RFC 4861 4.6)."""
    return data + bytes(-len(data) % 8)


def name_octets(text: str) -> bytes:
    """A domain name in wire form, uncompressed; raises ValueError with a message."""
    plain = text.removesuffix(".")
    try:
        encoded = plain.encode("ascii") if plain.isascii() else plain.encode("idna")
    except UnicodeError:
        raise ValueError(f"{text!r} is not a domain name") from None
    labels = encoded.split(b".")
    if not all(0 < len(label) <= LABEL_OCTETS_MAX for label in labels):
        raise ValueError(f"{text!r} is not a domain name: labels have 1 to 63 octets")
    found = b"".join(bytes((len(label),)) + label for label in labels) + b"\0"
    if len(found) > NAME_OCTETS_MAX:
        raise ValueError(f"{text!r} is not a domain name: it has more than 255 octets")
    return found


def names_octets(texts: Iterable[str]) -> bytes:
    """Domain names one after the other."""
    return b"".join(map(name_octets, texts))


def read_name(reader: Reader) -> str:
    """One domain name in wire form as text without the final dot; empty for the root.

    Compression is not allowed here (RFC 8106 5.2), so a pointer is malformed.
    """
    labels = []
    octets = 1
    while length := reader.number(1):
        octets += length + 1
        if length > LABEL_OCTETS_MAX or octets > NAME_OCTETS_MAX:
            raise Malformed("holds a label or a name that is too long")
        labels.append(reader.octets(length).decode("ascii", "backslashreplace"))
    return ".".join(labels)


def read_names(data: bytes) -> tuple[str, ...]:
    """Domain names up to the end, or up to the padding: an empty name is padding."""
    reader = Reader(data)
    found = []
    while reader.left:
        name = read_name(reader)
        if name:
            found.append(name)
    return tuple(found)
