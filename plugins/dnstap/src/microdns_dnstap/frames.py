"""Frame Streams: control frames, and the handshake of a writer with its reader.

A frame is four octets of length and as many octets of data.  Length 0 is an escape: a control
frame follows, with a length, a type, and fields of type, length and octets, all numbers of 32 bits,
big endian.  The writer says READY, hears ACCEPT, says START, sends data, says STOP, and hears
FINISH.
"""

from dataclasses import dataclass
from enum import IntEnum
from struct import Struct
from typing import Final

CONTENT_TYPE: Final = b"protobuf:dnstap.Dnstap"
CONTROL_MAX: Final = 512
"""Octets of a control frame, type included."""

_NUMBER: Final = Struct("!I")
_FIELD: Final = Struct("!II")
_CONTENT_TYPE_FIELD: Final = 1
ESCAPE: Final = _NUMBER.pack(0)


class Malformed(ValueError):
    """What came is no control frame; the message says why."""


class ControlType(IntEnum):
    """What a control frame says."""

    ACCEPT = 1
    START = 2
    STOP = 3
    READY = 4
    FINISH = 5


@dataclass(frozen=True)
class Control:
    """A control frame, and the content types that it names."""

    type: ControlType
    content_types: tuple[bytes, ...] = ()

    def accepts(self, content_type: bytes) -> bool:
        """Whether what is named agrees with this one; nothing named agrees with all."""
        return not self.content_types or content_type in self.content_types


def encode(control: Control) -> bytes:
    """The control frame with escape and length."""
    data = _NUMBER.pack(control.type) + b"".join(
        _FIELD.pack(_CONTENT_TYPE_FIELD, len(each)) + each for each in control.content_types
    )
    return ESCAPE + _NUMBER.pack(len(data)) + data


def decode(data: bytes) -> Control:
    """A control frame of its octets behind escape and length; raises ``Malformed``."""
    if not _NUMBER.size <= len(data) <= CONTROL_MAX:
        raise Malformed(f"a control frame of {len(data)} octets")
    (number,) = _NUMBER.unpack_from(data)
    try:
        type_ = ControlType(number)
    except ValueError:
        raise Malformed(f"a control frame of unknown type {number}") from None
    return Control(type_, _content_types(data[_NUMBER.size :]))


def _content_types(fields: bytes) -> tuple[bytes, ...]:
    found = []
    while fields:
        if len(fields) < _FIELD.size:
            raise Malformed("a control frame ends within a field")
        kind, size = _FIELD.unpack_from(fields)
        value, fields = fields[_FIELD.size : _FIELD.size + size], fields[_FIELD.size + size :]
        if kind != _CONTENT_TYPE_FIELD or len(value) < size:
            raise Malformed("a control frame with a field that can't be read")
        found.append(value)
    return tuple(found)


class ControlReader:
    """Puts control frames together from what a reader sends, which has no other frames."""

    def __init__(self) -> None:
        self._received = b""

    def feed(self, octets: bytes) -> list[Control]:
        """What is complete with these octets; raises ``Malformed``."""
        self._received += octets
        found = []
        while len(self._received) >= _FIELD.size:
            escape, size = _FIELD.unpack_from(self._received)
            if escape or size > CONTROL_MAX:
                raise Malformed("what came is no control frame of Frame Streams")
            end = _FIELD.size + size
            if len(self._received) < end:
                break
            found.append(decode(self._received[_FIELD.size : end]))
            self._received = self._received[end:]
        return found
