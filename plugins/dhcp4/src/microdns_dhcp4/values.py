"""Option values of DHCPv4 beside those that both families have (``microdns_dhcp.values``)."""

import ipaddress
import struct
from typing import Any

from microdns_dhcp.values import (
    common_types,
    domain_name,
    hex_octets,
    many,
    octets_of,
    pieces,
    service_parameters,
    show_domain_names,
    show_hex,
    show_text,
)

__all__ = ["TYPES", "show_domain_names", "show_text"]

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
    found = b"".join(map(address, many(value)))
    if not found:
        raise ValueError("must hold at least one address")
    return found


def _address_pairs(value: Any) -> bytes:
    return b"".join(address(first) + address(second) for first, second in value)


# -- names


def domain_names(value: Any) -> bytes:
    """Names with compression across the whole list (RFC 3397 section 2)."""
    found = bytearray()
    places: dict[bytes, int] = {}
    for text in many(value):
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


def encrypted_dns(value: Any) -> bytes:
    """``[{"priority": 1, "name": "dot.example", "addresses": [...], "alpn": ["dot"]}]``."""
    found = b""
    for server in many(value):
        given = dict(server)
        name = domain_name(given.pop("name"))
        data = struct.pack("!HB", given.pop("priority", 1), len(name)) + name
        addresses = given.pop("addresses", None)
        if addresses:
            packed = _addresses(addresses)
            data += bytes((len(packed),)) + packed + service_parameters(given)
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
            server["addresses"] = [_show_address(a) for a in pieces(rest[1 : 1 + rest[0]], 4)]
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
        octets = octets_of(item)
        if not 1 <= int(key) <= 254 or len(octets) > 255:
            raise ValueError("suboptions have numbers 1 to 254 and up to 255 octets")
        found += bytes((int(key), len(octets))) + octets
    return found


def vendor_information(value: Any) -> bytes:
    """Option 125 (RFC 3925): ``[{"enterprise": 9, "options": {"1": "0x0102"}}]``."""
    found = b""
    for vendor in many(value):
        data = vendor_suboptions(vendor["options"])
        found += struct.pack("!IB", vendor["enterprise"], len(data)) + data
    return found


TYPES = common_types()
_register = TYPES.register
_register("ip", "an IPv4 address", address, _show_address)
_register(
    "ips",
    "an IPv4 address or an array of them",
    _addresses,
    lambda data: [_show_address(piece) for piece in pieces(data, 4)],
)
_register(
    "ip_pairs",
    "an array of pairs of IPv4 addresses",
    _address_pairs,
    lambda data: [[_show_address(p[:4]), _show_address(p[4:])] for p in pieces(data, 8)],
)
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
    show_hex,
)
_register(
    "vendor_information",
    'an array of {enterprise = number, options = {"1" = "0x…"}}',
    vendor_information,
    show_hex,
)
