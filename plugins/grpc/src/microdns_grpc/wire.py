"""Whether octets are a well-formed message of a type (protobuf.dev, "Encoding").

The library that builds messages takes what is cut off for whole, and trips over fields of another
wire type; so everything is looked at before it gets a message.  This never builds anything, and
says no in one way: ``Malformed``.
"""

from typing import TYPE_CHECKING

from microdns.errors import Invalid

if TYPE_CHECKING:
    from microdns_grpc.messages import Shape

VARINT, FIXED64, DELIMITED, FIXED32 = 0, 1, 2, 5
FIXED_OCTETS = {FIXED64: 8, FIXED32: 4}
VARINT_OCTETS_MAX = 10
DEPTH_MAX = 32
FIELDS_MAX = 50_000
"""Fields of a message and those within it: building one takes microseconds."""


class Malformed(Invalid):
    """The message is not what the protocol says it is."""

    code = "malformed"


def check(octets: bytes, shape: "Shape") -> None:
    """Raise ``Malformed`` unless the octets are a message of this shape."""
    _Checking(octets).message(shape, 0, len(octets), 0)


class _Checking:
    """One walk through a message."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._fields_left = FIELDS_MAX

    def message(self, shape: "Shape", at: int, end: int, depth: int) -> None:
        if depth > DEPTH_MAX:
            raise Malformed(f"messages are nested more than {DEPTH_MAX} deep")
        while at < end:
            self._fields_left -= 1
            if self._fields_left < 0:
                raise Malformed(f"a message has more than {FIELDS_MAX:,} fields")
            tag, at = self._varint(at, end)
            at = self._field(shape, tag >> 3, tag & 7, at, end, depth)

    def _field(self, shape: "Shape", number: int, kind: int, at: int, end: int, depth: int) -> int:
        """Look at a field's value; returns where it ends."""
        field = shape.by_number.get(number)
        if not 0 < number < 1 << 29:
            raise Malformed("a field has no possible number")
        if field is not None and kind != field.wire and not (field.packed and kind == DELIMITED):
            raise Malformed(f"{field.name} has another type")
        if kind == VARINT:
            return self._varint(at, end)[1]
        if kind in FIXED_OCTETS:
            return self._within(at + FIXED_OCTETS[kind], end)
        if kind != DELIMITED:
            raise Malformed(f"there is no wire type {kind}")
        size, at = self._varint(at, end)
        after = self._within(at + size, end)
        if field is not None and field.nested is not None:
            self.message(field.nested, at, after, depth + 1)
        elif field is not None and field.wire != DELIMITED:
            self._packed(field.wire, at, after)
        return after

    def _packed(self, kind: int, at: int, end: int) -> None:
        while at < end:
            self._fields_left -= 1
            at = self._varint(at, end)[1] if kind == VARINT else at + FIXED_OCTETS[kind]
        self._within(at, end)

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        value = 0
        for octet_at in range(at, min(end, at + VARINT_OCTETS_MAX)):
            octet = self._octets[octet_at]
            value |= (octet & 0x7F) << 7 * (octet_at - at)
            if octet < 0x80:
                return value, octet_at + 1
        raise Malformed("the message is cut off, or a number in it too long")

    def _within(self, at: int, end: int) -> int:
        if at > end:
            raise Malformed("the message is cut off")
        return at
