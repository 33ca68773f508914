"""Option values: from what is written in a file or an operation, to octets, and back.

One function pair a type.  ``encode`` takes plain values (text, numbers, lists, tables) and raises
ValueError with a message for operators; ``decode`` takes octets that anybody may have sent, and
raises ValueError too.
"""

import ipaddress
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class OptionType:
    """A type of option value: its name, what operators are told to write, both directions."""

    name: str
    expects: str
    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]


TYPES: dict[str, OptionType] = {}


def _register(
    name: str, expects: str, encode: Callable[[Any], bytes], decode: Callable[[bytes], Any]
) -> None:
    def checked(value: Any) -> bytes:
        try:
            return encode(value)
        except (TypeError, KeyError, struct.error, OverflowError, AttributeError):
            raise ValueError(f"must be {expects}") from None

    TYPES[name] = OptionType(name, expects, checked, decode)


def _many(value: Any) -> list[Any]:
    """A list, or one value as a list of it."""
    return list(value) if isinstance(value, list | tuple) else [value]


def _pieces(data: bytes, size: int) -> list[bytes]:
    if not data or len(data) % size:
        raise ValueError(f"its length is no multiple of {size}")
    return [data[at : at + size] for at in range(0, len(data), size)]


# -- addresses


def address(text: Any) -> bytes:
    """An IPv4 address's 4 octets."""
    if not isinstance(text, str | ipaddress.IPv4Address):
        raise TypeError
    return ipaddress.IPv4Address(text).packed


def _show_address(data: bytes) -> str:
    if len(data) != 4:
        raise ValueError("its length is not 4")
    return str(ipaddress.IPv4Address(data))


def _addresses(value: Any) -> bytes:
    found = b"".join(map(address, _many(value)))
    if not found:
        raise ValueError("must hold at least one address")
    return found


def _address_pairs(value: Any) -> bytes:
    return b"".join(address(first) + address(second) for first, second in value)


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
        lambda value: b"".join(map(encode, _many(value))),
        lambda data: [decode(piece) for piece in _pieces(data, size)],
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


def _text(value: Any) -> bytes:
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


def domain_names(value: Any) -> bytes:
    """Names with compression across the whole list (RFC 3397 section 2)."""
    found = bytearray()
    places: dict[bytes, int] = {}
    for text in _many(value):
        wire = domain_name(text)
        at = 0
        while wire[at]:
            rest = wire[at:].lower()
            if rest in places:
                found += (0xC000 | places[rest]).to_bytes(2, "big")
                break
            if len(found) < 0x4000:
                places[rest] = len(found)
            found += wire[at : at + 1 + wire[at]]
            at += 1 + wire[at]
        else:
            found.append(0)
    return bytes(found)


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


# -- routes (RFC 3442)


def routes(value: Any) -> bytes:
    """``[{"to": "10.0.0.0/8", "via": "192.0.2.1"}]`` as destination descriptors."""
    found = b""
    for route in value:
        network = ipaddress.IPv4Network(route["to"])
        significant = (network.prefixlen + 7) // 8
        found += bytes((network.prefixlen,)) + network.network_address.packed[:significant]
        found += address(route["via"])
    return found


def show_routes(data: bytes) -> list[dict[str, str]]:
    found = []
    at = 0
    while at < len(data):
        length = data[at]
        significant = (length + 7) // 8
        end = at + 1 + significant + 4
        if length > 32 or end > len(data):
            raise ValueError("a route runs past the end")
        network = data[at + 1 : at + 1 + significant].ljust(4, b"\0")
        to = ipaddress.IPv4Network((network, length), strict=False)
        found.append({"to": str(to), "via": _show_address(data[end - 4 : end])})
        at = end
    return found


# -- encrypted DNS servers (RFC 9463 section 5.1)

_SVC_KEYS = {"alpn": 1, "port": 3, "dohpath": 7}


def _service_parameters(parameters: Mapping[str, Any]) -> bytes:
    """SvcParams in ascending key order (RFC 9460 2.2)."""
    found = b""
    for name, key in _SVC_KEYS.items():
        if name not in parameters:
            continue
        value = parameters[name]
        if name == "alpn":
            octets = b"".join(bytes((len(p.encode()),)) + p.encode() for p in _many(value))
        elif name == "port":
            octets = struct.pack("!H", value)
        else:
            octets = value.encode()
        found += struct.pack("!HH", key, len(octets)) + octets
    unknown = set(parameters) - set(_SVC_KEYS)
    if unknown:
        raise ValueError(f"unknown service parameter {min(unknown)} (alpn, port, dohpath)")
    return found


def encrypted_dns(value: Any) -> bytes:
    """``[{"priority": 1, "name": "dot.example", "addresses": [...], "alpn": ["dot"]}]``."""
    found = b""
    for server in _many(value):
        given = dict(server)
        name = domain_name(given.pop("name"))
        data = struct.pack("!HB", given.pop("priority", 1), len(name)) + name
        addresses = given.pop("addresses", None)
        if addresses:
            packed = _addresses(addresses)
            data += bytes((len(packed),)) + packed + _service_parameters(given)
        elif given:
            raise ValueError("service parameters need addresses (RFC 9463 3.1.6)")
        found += struct.pack("!H", len(data)) + data
    return found


def show_encrypted_dns(data: bytes) -> list[dict[str, Any]]:
    found = []
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        one = data[at + 2 : end]
        if end > len(data) or len(one) < 4 or 3 + one[2] > len(one):
            raise ValueError("a server runs past the end")
        server: dict[str, Any] = {"priority": int.from_bytes(one[:2], "big")}
        server["name"] = show_domain_names(one[3 : 3 + one[2]])[0]
        rest = one[3 + one[2] :]
        if rest and rest[0] < len(rest):
            server["addresses"] = [_show_address(a) for a in _pieces(rest[1 : 1 + rest[0]], 4)]
        found.append(server)
        at = end
    return found


# -- vendor options


def vendor_suboptions(value: Any) -> bytes:
    """Option 43: a table of suboption numbers, each with hexadecimal octets or text.

    Values that begin with ``0x`` are octets; anything else is text.  A plain string is the whole
    option as hexadecimal octets.
    """
    if isinstance(value, str):
        return hex_octets(value)
    found = b""
    for key, item in sorted(value.items(), key=lambda pair: int(pair[0])):
        octets = _octets_of(item)
        if not 1 <= int(key) <= 254 or len(octets) > 255:
            raise ValueError("suboptions have numbers 1 to 254 and up to 255 octets")
        found += bytes((int(key), len(octets))) + octets
    return found


def _octets_of(item: Any) -> bytes:
    if isinstance(item, str):
        return hex_octets(item) if item.startswith("0x") else item.encode()
    if isinstance(item, bool) or not isinstance(item, int):
        raise TypeError
    return struct.pack("!I", item) if item > 255 else bytes((item,))


def vendor_information(value: Any) -> bytes:
    """Option 125 (RFC 3925): ``[{"enterprise": 9, "options": {"1": "0x0102"}}]``."""
    found = b""
    for vendor in _many(value):
        data = vendor_suboptions(vendor["options"])
        found += struct.pack("!IB", vendor["enterprise"], len(data)) + data
    return found


def _show_hex(data: bytes) -> str:
    return data.hex()


_u8, _u16, _u32, _s32 = _number("B"), _number("H"), _number("I"), _number("i")
_register("ip", "an IPv4 address", address, _show_address)
_register(
    "ips",
    "an IPv4 address or an array of them",
    _addresses,
    lambda data: [_show_address(piece) for piece in _pieces(data, 4)],
)
_register(
    "ip_pairs",
    "an array of pairs of IPv4 addresses",
    _address_pairs,
    lambda data: [[_show_address(p[:4]), _show_address(p[4:])] for p in _pieces(data, 8)],
)
_register("u8", "a number from 0 to 255", *_u8)
_register("u16", "a number from 0 to 65535", *_u16)
_register("u32", "a number from 0 to 4294967295", *_u32)
_register("s32", "a number of 32 bits", *_s32)
_register("u8s", "numbers from 0 to 255", *_list_of(_u8, 1))
_register("u16s", "numbers from 0 to 65535", *_list_of(_u16, 2))
_register("bool", "true or false", _boolean, _show_boolean)
_register("text", "text", _text, show_text)
_register("hex", "octets in hexadecimal", hex_octets, _show_hex)
_register("empty", "nothing", _empty, lambda _data: None)
_register("domain", "a domain name", domain_name, lambda data: (show_domain_names(data) or [""])[0])
_register("domains", "a domain name or an array of them", domain_names, show_domain_names)
_register("routes", 'an array of {to = "network", via = "address"}', routes, show_routes)
_register(
    "encrypted_dns",
    "an array of {priority, name, addresses, alpn, port, dohpath}",
    encrypted_dns,
    show_encrypted_dns,
)
_register(
    "vendor",
    'a table of suboption numbers ({"6" = "0x08"}) or octets in hexadecimal',
    vendor_suboptions,
    _show_hex,
)
_register(
    "vendor_information",
    'an array of {enterprise = number, options = {"1" = "0x…"}}',
    vendor_information,
    _show_hex,
)
