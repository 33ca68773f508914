"""Option values that both families write alike: numbers, text, octets, names.

One function pair a type.  ``encode`` takes plain values (text, numbers, lists, tables) and raises
ValueError with a message for operators; ``decode`` takes octets that anybody may have sent, and
raises ValueError too.  A flavour starts with ``common_types()`` and registers its own beside them.
"""

import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class OptionType:
    """A type of option value: its name, what operators are told to write, both directions."""

    name: str
    expects: str
    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]


class OptionTypes(dict[str, OptionType]):
    """Types by name."""

    def register(
        self,
        name: str,
        expects: str,
        encode: Callable[[Any], bytes],
        decode: Callable[[bytes], Any],
    ) -> None:
        """Add a type; values of another shape than ``encode`` can take are told ``expects``."""

        def checked(value: Any) -> bytes:
            try:
                return encode(value)
            except (TypeError, KeyError, struct.error, OverflowError, AttributeError):
                raise ValueError(f"must be {expects}") from None

        self[name] = OptionType(name, expects, checked, decode)


def many(value: Any) -> list[Any]:
    """A list, or one value as a list of it."""
    return list(value) if isinstance(value, list | tuple) else [value]


def pieces(data: bytes, size: int) -> list[bytes]:
    """Octets in parts of one size; raises ValueError where that does not come out even."""
    if not data or len(data) % size:
        raise ValueError(f"its length is no multiple of {size}")
    return [data[at : at + size] for at in range(0, len(data), size)]


# -- numbers


def _number(format: str) -> tuple[Callable[[Any], bytes], Callable[[bytes], int]]:
    packer = struct.Struct("!" + format)

    def encode(value: Any) -> bytes:
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError
        return packer.pack(value)

    def decode(data: bytes) -> int:
        if len(data) != packer.size:
            raise ValueError(f"its length is not {packer.size}")
        number: int = packer.unpack(data)[0]
        return number

    return encode, decode


def _list_of(one: tuple[Callable[[Any], bytes], Callable[[bytes], int]], size: int) -> Any:
    encode, decode = one
    return (
        lambda value: b"".join(map(encode, many(value))),
        lambda data: [decode(piece) for piece in pieces(data, size)],
    )


def _boolean(value: Any) -> bytes:
    if not isinstance(value, bool):
        raise TypeError
    return bytes((value,))


def _show_boolean(data: bytes) -> bool:
    if data not in (b"\0", b"\1"):
        raise ValueError("it is neither 0 nor 1")
    return data == b"\1"


# -- octets and text


def text_octets(value: Any) -> bytes:
    """Text as UTF-8; raises ValueError for none, or for one with a NUL."""
    if not value:
        raise ValueError("must not be empty")
    encoded: bytes = value.encode("utf-8")
    if b"\0" in encoded:
        raise ValueError("must not hold a NUL")
    return encoded


def show_text(data: bytes) -> str:
    """Text that a client sent: a final NUL is dropped, what is not UTF-8 is replaced."""
    return data.rstrip(b"\0").decode("utf-8", "replace")


def hex_octets(value: Any) -> bytes:
    """Octets written as hexadecimal digits, with or without ``0x``, colons, dashes or spaces."""
    plain = value.removeprefix("0x").replace(":", "").replace("-", "").replace(" ", "")
    try:
        return bytes.fromhex(plain)
    except ValueError:
        raise ValueError(f"{value[:64]!r} is not hexadecimal") from None


def octets_of(item: Any) -> bytes:
    """A suboption's value: ``0x…`` is octets, other text is text, a number is 1 or 4 octets."""
    if isinstance(item, str):
        return hex_octets(item) if item.startswith("0x") else item.encode()
    if isinstance(item, bool) or not isinstance(item, int):
        raise TypeError
    return struct.pack("!I", item) if item > 255 else bytes((item,))


def show_hex(data: bytes) -> str:
    """Octets as hexadecimal digits."""
    return data.hex()


def _empty(value: Any) -> bytes:
    if value not in (None, "", True):
        raise TypeError
    return b""


# -- names


def domain_name(text: Any) -> bytes:
    """A domain name in wire form, without compression (RFC 1035 3.1)."""
    wire = b""
    for label in text.rstrip(".").split("."):
        octets = label.encode("ascii") if label.isascii() else label.encode("idna")
        if not 1 <= len(octets) <= 63:
            raise ValueError(f"{text[:80]!r} is not a domain name")
        wire += bytes((len(octets),)) + octets
    if len(wire) > 254:
        raise ValueError(f"{text[:80]!r} is longer than a domain name may be")
    return wire + b"\0"


def show_domain_names(data: bytes) -> list[str]:
    """Names out of an option; pointers lead backwards only, so that they end."""
    names = []
    at = 0
    while at < len(data):
        labels, at = _labels(data, at)
        names.append(".".join(labels))
    return names


def _labels(data: bytes, at: int) -> tuple[list[str], int]:
    """The labels of the name at an offset, and the offset behind it."""
    labels: list[str] = []
    behind, lowest = 0, at
    while True:
        if at >= len(data):
            raise ValueError("a name runs past the end")
        length = data[at]
        if length >= 0xC0:
            if at + 2 > len(data):
                raise ValueError("a pointer runs past the end")
            behind = behind or at + 2
            at = (length & 0x3F) << 8 | data[at + 1]
            if at >= lowest:
                raise ValueError("a pointer leads forward")
            lowest = at
            continue
        if length > 63 or at + 1 + length > len(data) or len(labels) > 127:
            raise ValueError("a label runs past the end")
        if not length:
            return labels, behind or at + 1
        labels.append(data[at + 1 : at + 1 + length].decode("ascii", "replace"))
        at += 1 + length


# -- parameters of encrypted DNS servers (RFC 9463)

_SVC_KEYS = {"alpn": 1, "port": 3, "dohpath": 7}


def service_parameters(parameters: Mapping[str, Any]) -> bytes:
    """SvcParams in ascending key order (RFC 9460 2.2)."""
    found = b""
    for name, key in _SVC_KEYS.items():
        if name not in parameters:
            continue
        value = parameters[name]
        if name == "alpn":
            octets = b"".join(bytes((len(p.encode()),)) + p.encode() for p in many(value))
        elif name == "port":
            octets = struct.pack("!H", value)
        else:
            octets = value.encode()
        found += struct.pack("!HH", key, len(octets)) + octets
    unknown = set(parameters) - set(_SVC_KEYS)
    if unknown:
        raise ValueError(f"unknown service parameter {min(unknown)} (alpn, port, dohpath)")
    return found


def common_types() -> OptionTypes:
    """The types that both families have; names in wire form without compression."""
    types = OptionTypes()
    u8, u16, u32 = _number("B"), _number("H"), _number("I")
    types.register("u8", "a number from 0 to 255", *u8)
    types.register("u16", "a number from 0 to 65535", *u16)
    types.register("u32", "a number from 0 to 4294967295", *u32)
    types.register("s32", "a number of 32 bits", *_number("i"))
    types.register("u8s", "numbers from 0 to 255", *_list_of(u8, 1))
    types.register("u16s", "numbers from 0 to 65535", *_list_of(u16, 2))
    types.register("bool", "true or false", _boolean, _show_boolean)
    types.register("text", "text", text_octets, show_text)
    types.register("hex", "octets in hexadecimal", hex_octets, show_hex)
    types.register("empty", "nothing", _empty, lambda _data: None)
    types.register(
        "domain", "a domain name", domain_name, lambda data: (show_domain_names(data) or [""])[0]
    )
    types.register("domains", "a domain name or an array of them", _domain_names, show_domain_names)
    return types


def _domain_names(value: Iterable[str] | str) -> bytes:
    return b"".join(map(domain_name, many(value)))
