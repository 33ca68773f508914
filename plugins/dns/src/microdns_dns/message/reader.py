"""Reading a packet without ever reading past its end.

All parsing of received messages goes through ``Reader``; nothing else indexes a packet.
"""

from struct import Struct

from microdns_dns.names import LABEL_MAX, NAME_MAX

POINTER = 0xC0
"""The two high bits of a length octet that make it a compression pointer (RFC 1035 4.1.4)."""


class Malformed(ValueError):
    """The octets are not what the protocol says they must be."""


class Reader:
    """A place in a packet, moving forward; every method raises ``Malformed`` at the end."""

    __slots__ = ("end", "octets", "offset")

    def __init__(self, octets: bytes, offset: int = 0, end: int | None = None) -> None:
        self.octets = octets
        self.offset = offset
        self.end = len(octets) if end is None else end

    def unpack(self, form: Struct) -> tuple[int, ...]:
        """The integers of a fixed form."""
        offset = self.offset
        self.offset = offset + form.size
        if self.offset > self.end:
            raise Malformed("the message ends within a field")
        return form.unpack_from(self.octets, offset)

    def take(self, count: int) -> bytes:
        """The next ``count`` octets."""
        offset = self.offset
        self.offset = offset + count
        if self.offset > self.end:
            raise Malformed("the message ends within a field")
        return self.octets[offset : self.offset]

    def plain_name(self) -> bytes:
        """A name that may not be compressed, such as a qname; wire bytes, case kept.

        Nothing stands before the first question that a pointer could refer to.
        """
        octets, start = self.octets, self.offset
        end = min(self.end, start + NAME_MAX)
        at = start
        while at < end:
            length = octets[at]
            at += 1
            if length == 0:
                self.offset = at
                return octets[start:at]
            if length > LABEL_MAX:
                raise Malformed("a label is compressed, or of an unknown kind")
            at += length
        raise Malformed("a name is cut off, or too long")

    def skip_name(self) -> None:
        """Pass over a name, compressed or not, without following pointers."""
        octets, end = self.octets, self.end
        at = self.offset
        while at < end:
            length = octets[at]
            if length >= POINTER:
                self.take(at + 2 - self.offset)
                return
            if length > LABEL_MAX:
                raise Malformed("a label is of an unknown kind")
            at += 1 + length
            if length == 0:
                self.offset = at
                return
        raise Malformed("the message ends within a name")
