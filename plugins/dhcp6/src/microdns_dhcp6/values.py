"""Option values of DHCPv6 beside those that both families have (``microdns_dhcp.values``)."""

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
)


def address(text: Any) -> bytes:
    """An IPv6 address's 16 octets."""
    if not isinstance(text, str | ipaddress.IPv6Address):
        raise TypeError
    return ipaddress.IPv6Address(text).packed


def _show_address(data: bytes) -> str:
    if len(data) != 16:
        raise ValueError("its length is not 16")
    return str(ipaddress.IPv6Address(data))


def _addresses(value: Any) -> bytes:
    found = b"".join(map(address, many(value)))
    if not found:
        raise ValueError("must hold at least one address")
    return found


def _show_addresses(data: bytes) -> list[str]:
    return [_show_address(piece) for piece in pieces(data, 16)]


# -- lists of octet strings, each with its length (sections 21.15, 21.16; RFC 5970 3.2)


def _strings(value: Any) -> bytes:
    found = b""
    for item in many(value):
        octets = octets_of(item)
        found += struct.pack("!H", len(octets)) + octets
    return found


def strings_of(data: bytes) -> list[bytes]:
    """The strings in an option; raises ValueError."""
    found = []
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise ValueError("a string runs past the end")
        found.append(data[at + 2 : end])
        at = end
    return found


def _show_strings(data: bytes) -> list[str]:
    return [each.decode("utf-8", "replace") for each in strings_of(data)]


# -- time servers (RFC 5908)

_NTP_ADDRESS, _NTP_MULTICAST, _NTP_NAME = 1, 2, 3


def time_servers(value: Any) -> bytes:
    """Addresses (of servers, or of multicast groups) and names, as suboptions."""
    found = b""
    for item in many(value):
        try:
            parsed = ipaddress.IPv6Address(item)
        except ipaddress.AddressValueError:
            code, octets = _NTP_NAME, domain_name(item)
        else:
            code = _NTP_MULTICAST if parsed.is_multicast else _NTP_ADDRESS
            octets = parsed.packed
        found += struct.pack("!HH", code, len(octets)) + octets
    if not found:
        raise ValueError("must hold at least one server")
    return found


def _show_time_servers(data: bytes) -> list[str]:
    found = []
    at = 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at + 2 : at + 4], "big")
        if at + 4 > len(data) or end > len(data):
            raise ValueError("a server runs past the end")
        octets = data[at + 4 : end]
        if int.from_bytes(data[at : at + 2], "big") == _NTP_NAME:
            found += show_domain_names(octets)
        else:
            found.append(_show_address(octets))
        at = end
    return found


# -- encrypted DNS servers (RFC 9463 section 4.1): one of them an option


def encrypted_dns(value: Any) -> bytes:
    """``{"priority": 1, "name": "dot.example", "addresses": [...], "alpn": ["dot"]}``."""
    servers = many(value)
    if len(servers) != 1:
        raise ValueError("holds one server; write the option once for each")
    given = dict(servers[0])
    name = domain_name(given.pop("name"))
    data = struct.pack("!HH", given.pop("priority", 1), len(name)) + name
    addresses = given.pop("addresses", None)
    if addresses:
        packed = _addresses(addresses)
        data += struct.pack("!H", len(packed)) + packed + service_parameters(given)
    elif given:
        raise ValueError("service parameters need addresses (RFC 9463 3.1.6)")
    return data


def _show_encrypted_dns(data: bytes) -> dict[str, Any]:
    name_end = 4 + int.from_bytes(data[2:4], "big")
    if len(data) < 5 or name_end > len(data):
        raise ValueError("its name runs past the end")
    names = show_domain_names(data[4:name_end])
    server: dict[str, Any] = {"priority": int.from_bytes(data[:2], "big"), "name": names[0]}
    rest = data[name_end:]
    length = int.from_bytes(rest[:2], "big")
    if rest:
        server["addresses"] = _show_addresses(rest[2 : 2 + length])
    return server


# -- vendor options (section 21.17)


def vendor_options(value: Any) -> bytes:
    """``{"enterprise": 9, "options": {"1": "0x0102"}}``, or octets in hexadecimal."""
    if isinstance(value, str):
        return hex_octets(value)
    vendors = many(value)
    if len(vendors) != 1:
        raise ValueError("holds the options of one enterprise")
    found = struct.pack("!I", vendors[0]["enterprise"])
    for key, item in sorted(vendors[0]["options"].items(), key=lambda pair: int(pair[0])):
        octets = octets_of(item)
        found += struct.pack("!HH", int(key), len(octets)) + octets
    return found


TYPES = common_types()
TYPES.register("ip", "an IPv6 address", address, _show_address)
TYPES.register("ips", "an IPv6 address or an array of them", _addresses, _show_addresses)
TYPES.register("strings", "text, or an array of texts", _strings, _show_strings)
TYPES.register(
    "time_servers",
    "an IPv6 address or name, or an array of them",
    time_servers,
    _show_time_servers,
)
TYPES.register(
    "encrypted_dns",
    "a table {priority, name, addresses, alpn, port, dohpath}",
    encrypted_dns,
    _show_encrypted_dns,
)
TYPES.register(
    "vendor",
    'a table {enterprise = number, options = {"1" = "0x…"}} or octets in hexadecimal',
    vendor_options,
    show_hex,
)
