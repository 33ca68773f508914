"""The parts that most record types are made of, so that a type is a list of them.

Each field knows one piece of the rdata: where it ends on the wire, its JSON value, its text.
``Fields`` strings them together; ``Single`` is for the types that hold nothing but one.
"""

import base64
import binascii
import re
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from microdns.errors import Invalid, Problem
from microdns_dns import names
from microdns_dns.rdata.base import (
    Json,
    RdataType,
    expect_text,
    invalid,
    kind_of,
    within_limit,
)
from microdns_dns.rdata.lexer import Words, quote, seconds
from microdns_dns.rdata.numbers import type_name, type_number


class Field(ABC):
    """A piece of rdata.  ``name`` is its key in JSON, where a ``default`` makes it optional."""

    def __init__(self, name: str, *, default: Json = None) -> None:
        self.name = name
        self.label = name.replace("_", " ")
        self.default = default

    @abstractmethod
    def end(self, rdata: bytes, at: int) -> int:
        """Where the piece that starts at ``at`` ends; raises ValueError if it is not valid."""

    @abstractmethod
    def to_json(self, piece: bytes) -> Json:
        """The piece as JSON."""

    @abstractmethod
    def from_json(self, value: Json) -> bytes:
        """The piece of a JSON value; raises ValueError."""

    @abstractmethod
    def to_text(self, piece: bytes) -> str:
        """The piece as it stands in a zone file."""

    @abstractmethod
    def from_text(self, words: Words) -> bytes:
        """The piece from the next words; raises ValueError."""

    def canonical(self, piece: bytes) -> bytes:
        """The piece for comparing."""
        return piece


def _fixed_end(rdata: bytes, at: int, octets: int, label: str) -> int:
    if at + octets > len(rdata):
        raise ValueError(f"{label} is cut off")
    return at + octets


def _counted_end(rdata: bytes, at: int, label: str) -> int:
    """The end of a piece that has its length in front, in one octet."""
    if at >= len(rdata):
        raise ValueError(f"{label} is cut off")
    return _fixed_end(rdata, at, 1 + rdata[at], label)


class Integer(Field):
    """An unsigned number; ``mnemonics`` may stand for it in text."""

    def __init__(
        self,
        name: str,
        octets: int,
        *,
        default: Json = None,
        mnemonics: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__(name, default=default)
        self.octets = octets
        self.most = 256**octets - 1
        self.mnemonics = mnemonics or {}

    def end(self, rdata: bytes, at: int) -> int:
        return _fixed_end(rdata, at, self.octets, self.label)

    def to_json(self, piece: bytes) -> Json:
        return int.from_bytes(piece, "big")

    def from_json(self, value: Json) -> bytes:
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(f"must be a whole number, not {kind_of(value)}")
        if not 0 <= value <= self.most:
            raise ValueError(f"must be from 0 to {self.most}, not {value}")
        return value.to_bytes(self.octets, "big")

    def to_text(self, piece: bytes) -> str:
        return str(int.from_bytes(piece, "big"))

    def from_text(self, words: Words) -> bytes:
        known = self.mnemonics.get(words.peek().upper())
        if known is not None:
            words.token(self.label)
            return known.to_bytes(self.octets, "big")
        return words.integer(self.label, self.most).to_bytes(self.octets, "big")


class Seconds(Integer):
    """A number of seconds; in text also with units, as ``1h30m``."""

    def from_text(self, words: Words) -> bytes:
        return seconds(words.word(self.label), self.most).to_bytes(self.octets, "big")


class Name(Field):
    """A domain name; in JSON absolute, with or without its final dot."""

    def end(self, rdata: bytes, at: int) -> int:
        return names.wire_end(rdata, at)

    def to_json(self, piece: bytes) -> Json:
        return names.to_text(piece)

    def from_json(self, value: Json) -> bytes:
        return names.from_text(expect_text(value))

    def to_text(self, piece: bytes) -> str:
        return names.to_absolute_text(piece)

    def from_text(self, words: Words) -> bytes:
        return words.name(self.label)

    def canonical(self, piece: bytes) -> bytes:
        return names.fold(piece)


class Address(Field):
    """An IPv4 or IPv6 address, by ``family``."""

    def __init__(self, name: str, family: socket.AddressFamily) -> None:
        super().__init__(name)
        self.family = family
        self.octets = 4 if family == socket.AF_INET else 16
        self.label = "an IPv4 address" if self.octets == 4 else "an IPv6 address"

    def end(self, rdata: bytes, at: int) -> int:
        return _fixed_end(rdata, at, self.octets, self.label)

    def to_json(self, piece: bytes) -> Json:
        return socket.inet_ntop(self.family, piece)

    def from_json(self, value: Json) -> bytes:
        return self._octets(expect_text(value))

    def to_text(self, piece: bytes) -> str:
        return socket.inet_ntop(self.family, piece)

    def from_text(self, words: Words) -> bytes:
        return self._octets(words.word(self.label))

    def _octets(self, text: str) -> bytes:
        try:
            return socket.inet_pton(self.family, text)
        except (OSError, ValueError):
            raise ValueError(f"{text[:60]!r} is not {self.label}") from None


def octets_to_json(octets: bytes) -> Json:
    """Octets as a JSON string if they are UTF-8, else as ``{"hex": "ff00"}``."""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return {"hex": octets.hex()}


def octets_from_json(value: Json) -> bytes:
    """The reverse of ``octets_to_json``; raises ValueError."""
    if isinstance(value, dict) and set(value) == {"hex"}:
        return _from_hex(expect_text(value["hex"]))
    try:
        return expect_text(value).encode()
    except UnicodeEncodeError:
        raise ValueError("has half of a surrogate pair in it") from None


class String(Field):
    """A <character-string>: up to 255 octets behind their length (RFC 1035 3.3)."""

    def end(self, rdata: bytes, at: int) -> int:
        return _counted_end(rdata, at, self.label)

    def to_json(self, piece: bytes) -> Json:
        return octets_to_json(piece[1:])

    def from_json(self, value: Json) -> bytes:
        return counted(octets_from_json(value))

    def to_text(self, piece: bytes) -> str:
        return quote(piece[1:])

    def from_text(self, words: Words) -> bytes:
        return counted(words.token(self.label).octets())


def counted(octets: bytes) -> bytes:
    """Octets behind their length; raises ValueError above 255."""
    if len(octets) > 255:
        raise ValueError(f"a string of {len(octets)} octets; 255 is the most")
    return bytes((len(octets),)) + octets


class StringRest(Field):
    """Octets up to the end of the rdata, written as one quoted string (CAA value, URI target)."""

    def end(self, rdata: bytes, at: int) -> int:
        return max(at, len(rdata))

    def to_json(self, piece: bytes) -> Json:
        return octets_to_json(piece)

    def from_json(self, value: Json) -> bytes:
        return octets_from_json(value)

    def to_text(self, piece: bytes) -> str:
        return quote(piece)

    def from_text(self, words: Words) -> bytes:
        return words.token(self.label).octets()


class _Rest(Field):
    """At least one octet, up to the end of the rdata."""

    def end(self, rdata: bytes, at: int) -> int:
        if at >= len(rdata):
            raise ValueError(f"{self.label} is missing")
        return len(rdata)

    def _not_empty(self, piece: bytes) -> bytes:
        if not piece:
            raise ValueError(f"{self.label} is missing")
        return piece


class Hex(_Rest):
    """Octets up to the end of the rdata, as hex digits that spaces may split."""

    def to_json(self, piece: bytes) -> Json:
        return piece.hex()

    def from_json(self, value: Json) -> bytes:
        return self._not_empty(_from_hex(expect_text(value)))

    def to_text(self, piece: bytes) -> str:
        return piece.hex()

    def from_text(self, words: Words) -> bytes:
        return self._not_empty(_from_hex(words.joined(self.label)))


def _from_hex(text: str) -> bytes:
    try:
        return binascii.unhexlify(text)
    except (binascii.Error, ValueError):
        raise ValueError("must be pairs of hexadecimal digits") from None


class Base64(_Rest):
    """Octets up to the end of the rdata, in base64 that spaces may split."""

    def to_json(self, piece: bytes) -> Json:
        return base64.b64encode(piece).decode()

    def from_json(self, value: Json) -> bytes:
        return self._octets(expect_text(value))

    def to_text(self, piece: bytes) -> str:
        return base64.b64encode(piece).decode()

    def from_text(self, words: Words) -> bytes:
        return self._octets(words.joined(self.label))

    def _octets(self, text: str) -> bytes:
        try:
            octets = base64.b64decode(text, validate=True)
        except ValueError:
            raise ValueError("must be base64") from None
        return self._not_empty(octets)


class Salt(Field):
    """Up to 255 octets behind their length, as hex; ``-`` for none (RFC 5155 3.3)."""

    def end(self, rdata: bytes, at: int) -> int:
        return _counted_end(rdata, at, self.label)

    def to_json(self, piece: bytes) -> Json:
        return self.to_text(piece)

    def from_json(self, value: Json) -> bytes:
        return self._piece(expect_text(value))

    def to_text(self, piece: bytes) -> str:
        return piece[1:].hex() or "-"

    def from_text(self, words: Words) -> bytes:
        return self._piece(words.word(self.label))

    def _piece(self, text: str) -> bytes:
        return counted(b"" if text == "-" else _from_hex(text))


class HashedOwner(Field):
    """The next hashed owner name of NSEC3, in base32hex without padding (RFC 5155 3.3)."""

    def end(self, rdata: bytes, at: int) -> int:
        end = _counted_end(rdata, at, self.label)
        if end == at + 1:
            raise ValueError(f"{self.label} is empty")
        return end

    def to_json(self, piece: bytes) -> Json:
        return self.to_text(piece)

    def from_json(self, value: Json) -> bytes:
        return self._piece(expect_text(value))

    def to_text(self, piece: bytes) -> str:
        return base64.b32hexencode(piece[1:]).decode().rstrip("=").lower()

    def from_text(self, words: Words) -> bytes:
        return self._piece(words.word(self.label))

    def _piece(self, text: str) -> bytes:
        if not text:
            raise ValueError(f"{self.label} is empty")
        padded = text.upper() + "=" * (-len(text) % 8)
        try:
            piece = counted(base64.b32hexdecode(padded))
        except binascii.Error:
            raise ValueError("must be base32hex (RFC 4648 section 7)") from None
        if self.to_text(piece) != text.lower():  # bits left over that are not zero
            raise ValueError("must be base32hex (RFC 4648 section 7)")
        return piece


class TypeCode(Field):
    """The number of an RR type, by its mnemonic."""

    def end(self, rdata: bytes, at: int) -> int:
        return _fixed_end(rdata, at, 2, self.label)

    def to_json(self, piece: bytes) -> Json:
        return self.to_text(piece)

    def from_json(self, value: Json) -> bytes:
        return type_number(expect_text(value)).to_bytes(2, "big")

    def to_text(self, piece: bytes) -> str:
        return type_name(int.from_bytes(piece, "big"))

    def from_text(self, words: Words) -> bytes:
        return type_number(words.word(self.label)).to_bytes(2, "big")


class TypeBitmap(Field):
    """A set of RR types, up to the end of the rdata (RFC 4034 4.1.2)."""

    def end(self, rdata: bytes, at: int) -> int:
        window_before = -1
        while at < len(rdata):
            if at + 2 > len(rdata) or not 1 <= rdata[at + 1] <= 32:
                raise ValueError(f"{self.label} has a window of a wrong length")
            if rdata[at] <= window_before:
                raise ValueError(f"{self.label} has windows out of order")
            window_before = rdata[at]
            at = _fixed_end(rdata, at, 2 + rdata[at + 1], self.label)
            if not rdata[at - 1]:
                raise ValueError(f"{self.label} has a window that ends with a zero octet")
        return at

    def to_json(self, piece: bytes) -> Json:
        return [type_name(number) for number in self._types(piece)]

    def from_json(self, value: Json) -> bytes:
        if not isinstance(value, list | tuple):
            raise ValueError(f"must be a list of types, not {kind_of(value)}")
        return bitmap([type_number(expect_text(name)) for name in value])

    def to_text(self, piece: bytes) -> str:
        return " ".join(map(type_name, self._types(piece)))

    def from_text(self, words: Words) -> bytes:
        return bitmap([type_number(words.word(self.label)) for _ in range(len(words))])

    def canonical(self, piece: bytes) -> bytes:
        return bitmap(self._types(piece))

    @staticmethod
    def _types(piece: bytes) -> list[int]:
        found: list[int] = []
        at = 0
        while at < len(piece):
            window, length = piece[at], piece[at + 1]
            bits = int.from_bytes(piece[at + 2 : at + 2 + length], "big")
            highest = 8 * length - 1
            found += [window << 8 | n for n in range(8 * length) if bits >> (highest - n) & 1]
            at += 2 + length
        return found


def bitmap(types: list[int]) -> bytes:
    """The wire form of a set of types."""
    windows: dict[int, bytearray] = {}
    for number in sorted(set(types)):
        bits = windows.setdefault(number >> 8, bytearray())
        octet, bit = divmod(number & 0xFF, 8)
        bits.extend(bytes(octet + 1 - len(bits)))
        bits[octet] |= 0x80 >> bit
    return b"".join([bytes((window, len(bits))) + bits for window, bits in windows.items()])


class Time(Field):
    """A moment in seconds, modulo 2**32, written ``YYYYMMDDHHmmSS`` in UTC (RFC 4034 3.2)."""

    _FORM = "%Y%m%d%H%M%S"
    _STAMP = re.compile("[0-9]{14}")

    def end(self, rdata: bytes, at: int) -> int:
        return _fixed_end(rdata, at, 4, self.label)

    def to_json(self, piece: bytes) -> Json:
        return self.to_text(piece)

    def from_json(self, value: Json) -> bytes:
        return self._piece(expect_text(value))

    def to_text(self, piece: bytes) -> str:
        return datetime.fromtimestamp(int.from_bytes(piece, "big"), UTC).strftime(self._FORM)

    def from_text(self, words: Words) -> bytes:
        return self._piece(words.word(self.label))

    def _piece(self, text: str) -> bytes:
        if text.isascii() and text.isdigit() and len(text) <= 10:
            seconds = int(text)
        else:
            seconds = self._seconds(text)
        if not 0 <= seconds < 2**32:
            raise ValueError(f"{self.label} is outside of 1970 to 2106")
        return seconds.to_bytes(4, "big")

    def _seconds(self, text: str) -> int:
        try:
            if self._STAMP.fullmatch(text) is None:
                raise ValueError
            return int(datetime.strptime(text, self._FORM).replace(tzinfo=UTC).timestamp())
        except ValueError:
            raise ValueError(f"{self.label} must be YYYYMMDDHHmmSS or seconds") from None


def digest_length(kind_at: int, lengths: Mapping[int, int]) -> Callable[[bytes], None]:
    """A validator for digests that end the rdata, behind the octet that says which kind they are.

    ``kind_at`` is where that octet stands; kinds that ``lengths`` does not list may have any.
    """

    def check(rdata: bytes) -> None:
        expected = lengths.get(rdata[kind_at])
        if expected is not None and len(rdata) != kind_at + 1 + expected:
            raise ValueError(f"a digest of type {rdata[kind_at]} has {expected} octets")

    return check


class Single(RdataType):
    """A type that is one field: the field's JSON value is the data's."""

    def __init__(self, name: str, number: int, field: Field, *, example: str = "") -> None:
        super().__init__(name, number, example=example)
        self.field = field

    def check(self, rdata: bytes) -> None:
        end = self.field.end(rdata, 0)
        if end != len(rdata):
            raise ValueError(f"{len(rdata) - end} octets too many")

    def to_json(self, rdata: bytes) -> Json:
        return self.field.to_json(rdata)

    def from_json(self, data: Json) -> bytes:
        try:
            return within_limit(self.field.from_json(data))
        except ValueError as error:
            raise invalid(error) from None

    def to_text(self, rdata: bytes) -> str:
        return self.field.to_text(rdata)

    def from_text(self, words: Words) -> bytes:
        return self.field.from_text(words)

    def canonical(self, rdata: bytes) -> bytes:
        return self.field.canonical(rdata)


class Fields(RdataType):
    """A type that is a sequence of fields.

    ``validate`` sees valid rdata and raises ValueError for what no field alone can know.
    """

    def __init__(
        self,
        name: str,
        number: int,
        *fields: Field,
        example: str = "",
        validate: Callable[[bytes], None] | None = None,
    ) -> None:
        super().__init__(name, number, example=example)
        self.fields = fields
        self._validate = validate

    def check(self, rdata: bytes) -> None:
        self._pieces(rdata)
        if self._validate is not None:
            self._validate(rdata)

    def _pieces(self, rdata: bytes) -> list[tuple[Field, bytes]]:
        at = 0
        pieces: list[tuple[Field, bytes]] = []
        for field in self.fields:
            end = field.end(rdata, at)
            pieces.append((field, rdata[at:end]))
            at = end
        if at != len(rdata):
            raise ValueError(f"{len(rdata) - at} octets too many")
        return pieces

    def to_json(self, rdata: bytes) -> Json:
        return {field.name: field.to_json(piece) for field, piece in self._pieces(rdata)}

    def from_json(self, data: Json) -> bytes:
        if not isinstance(data, dict):
            raise invalid(f"must be an object with {self._keys()}, not {kind_of(data)}")
        pieces: list[bytes] = []
        problems = [
            Problem(str(key), f"unknown; {self.name} data have {self._keys()}")
            for key in data
            if key not in {field.name for field in self.fields}
        ]
        for field in self.fields:
            try:
                pieces.append(self._piece_from_json(field, data))
            except ValueError as error:
                problems.append(Problem(field.name, str(error)))
        if problems:
            raise Invalid.of(*problems)
        return self._validated(b"".join(pieces))

    def _piece_from_json(self, field: Field, data: Mapping[str, Json]) -> bytes:
        value = data.get(field.name, field.default)
        if value is None:
            raise ValueError("is missing")
        return field.from_json(value)

    def _keys(self) -> str:
        return ", ".join([field.name for field in self.fields])

    def _validated(self, rdata: bytes) -> bytes:
        try:
            within_limit(rdata)
            if self._validate is not None:
                self._validate(rdata)
        except ValueError as error:
            raise invalid(error) from None
        return rdata

    def to_text(self, rdata: bytes) -> str:
        texts = [field.to_text(piece) for field, piece in self._pieces(rdata)]
        return " ".join([text for text in texts if text])

    def from_text(self, words: Words) -> bytes:
        rdata = b"".join([field.from_text(words) for field in self.fields])
        if self._validate is not None:
            self._validate(rdata)
        return rdata

    def canonical(self, rdata: bytes) -> bytes:
        return b"".join([field.canonical(piece) for field, piece in self._pieces(rdata)])
