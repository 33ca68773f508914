"""From what clients call themselves to names that a zone can hold.

A host's name is one label of letters, digits and hyphens (RFC 952, RFC 1123 2.1), of at most 63
octets (RFC 1035 2.3.4); Unicode becomes an A-label (RFC 5891, UTS 46).  Nothing that a client
sends is an error: what can't be kept is replaced.
"""

import ipaddress
import re
from functools import lru_cache

import idna

from microdns_dns import names

LABEL_MAX = names.LABEL_MAX
PLACEHOLDERS = ("address", "mac")

_NOT_IN_A_LABEL = re.compile(r"[^a-z0-9-]+")
_DOTS = re.compile("[.\u3002\uff0e\uff61]")
_PLACEHOLDER = re.compile(r"\{([a-z]*)\}")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


def host_label(text: str) -> str:
    """The first label of a name as a label of a host; empty when nothing is left of it."""
    return _label(_DOTS.split(text.strip(), maxsplit=1)[0])


def host_name(text: str, zone: str) -> str:
    """A host's name that a person wrote, relative to ``zone`` where it lies in it.

    It may have several labels.  A name that would be too long in the zone keeps its first.
    """
    folded = text.strip().rstrip(".").lower()
    folded = folded.removesuffix(f".{zone.lower()}")
    labels = [label for each in _DOTS.split(folded) if (label := _label(each))]
    name = ".".join(labels)
    return name if len(name) + len(zone) + 3 <= names.NAME_MAX else "".join(labels[:1])


def _label(text: str) -> str:
    label = text.lower()
    if not label.isascii():
        try:
            return idna.encode(label, uts46=True, std3_rules=True).decode("ascii")[:LABEL_MAX]
        except idna.IDNAError:
            pass  # no U-label either: its letters are replaced like other characters
    label = _NOT_IN_A_LABEL.sub("-", label).strip("-")[:LABEL_MAX].strip("-")
    return label if not label.startswith("xn--") or _is_a_label(label) else label[4:].strip("-")


def _is_a_label(label: str) -> bool:
    try:
        idna.ulabel(label)
    except (idna.IDNAError, UnicodeError):
        return False
    return True


class GeneratedNames:
    """Names for leases that bring none, made by a pattern such as ``dhcp-{address}``.

    ``{address}`` is the address with hyphens, IPv6 in full; ``{mac}`` the hardware address, or
    where there is none the address.
    """

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern.lower()
        anything = [
            "[0-9a-f-]+" if index % 2 else re.escape(part)
            for index, part in enumerate(_PLACEHOLDER.split(self._pattern))
        ]
        self._regex = re.compile("".join(anything))

    def name(self, address: bytes, hardware: bytes) -> str:
        """The name for an address (octets) of a client (type and hardware address)."""
        shown = address_label(address)
        mac = hardware[1:].hex("-") or shown
        return self._pattern.replace("{address}", shown).replace("{mac}", mac)[:LABEL_MAX]

    def like(self, label: str) -> bool:
        """Whether a name could be one of these: clients may not choose such a name."""
        return self._regex.fullmatch(label) is not None


def pattern_problem(pattern: str) -> str:
    """Why a pattern can't make names, or an empty string."""
    used = _PLACEHOLDER.findall(pattern)
    unknown = [name for name in used if name not in PLACEHOLDERS]
    if unknown:
        return f"{{{unknown[0]}}} is unknown; there are {{address}} and {{mac}}"
    if not used:
        return "names would not differ: put {address} or {mac} into it"
    longest = GeneratedNames(pattern)._pattern.replace("{address}", "0" * 39)
    longest = longest.replace("{mac}", "0" * 39)
    if not _LABEL.fullmatch(longest):
        return "names are made of letters, digits and hyphens, a hyphen neither first nor last"
    if len(longest) > LABEL_MAX:
        return f"names of IPv6 addresses would have {len(longest)} characters; {LABEL_MAX} is most"
    return ""


def address_label(address: bytes) -> str:
    """An address as a part of a label: ``192-0-2-1``, ``2001-0db8-…`` with all eight groups."""
    if len(address) == 4:
        return "-".join(map(str, address))
    return ipaddress.IPv6Address(address).exploded.replace(":", "-")


_IN_ADDR_ARPA = names.from_text("in-addr.arpa")
_IP6_ARPA = names.from_text("ip6.arpa")
_ARPA_LABELS = 2
_OCTET = [bytes((len(str(number)),)) + str(number).encode() for number in range(256)]
_NIBBLES = [f"\1{number & 15:x}\1{number >> 4:x}".encode() for number in range(256)]


def reverse_name(address: bytes) -> bytes:
    """The name (wire) of an address in in-addr.arpa (RFC 1035 3.5) or ip6.arpa (RFC 3596 2.5)."""
    if len(address) == 4:
        return b"".join([_OCTET[octet] for octet in reversed(address)]) + _IN_ADDR_ARPA
    return b"".join([_NIBBLES[octet] for octet in reversed(address)]) + _IP6_ARPA


@lru_cache(4096)
def zone_wire(zone: str) -> bytes:
    """The wire form of a zone's name: there are few, and each lease needs two."""
    return names.from_text(zone)


def reverse_owner(address: bytes, zone: bytes) -> str:
    """The owner of an address's PTR relative to a reverse zone (wire) that it lies in."""
    depth = names.label_count(zone) - _ARPA_LABELS
    if len(address) == 4:
        parts = [str(octet) for octet in reversed(address)]
    else:
        parts = list(reversed(address.hex()))
    return ".".join(parts[: len(parts) - depth]) or "@"


def reverse_cut(address: bytes, prefix_length: int) -> bytes:
    """The reverse name (wire) of the network of this many bits that an address lies in.

    ``prefix_length`` is a multiple of 8 for IPv4, of 4 for IPv6.
    """
    name = reverse_name(address)
    host_bits = len(address) * 8 - prefix_length
    for _ in range(host_bits // (8 if len(address) == 4 else 4)):
        name = name[1 + name[0] :]
    return name


def cut_of_subnet(subnet: str) -> int:
    """Where the reverse zones of a subnet begin: at its own prefix, rounded to what names can say.

    Rounded up, so that they claim nothing beyond the subnet, but to no more than 24 and 64 bits.
    """
    length = int(subnet.rpartition("/")[2] or 0)
    if ":" in subnet:
        return min(64, max(4, -(-length // 4) * 4))
    return min(24, max(8, -(-length // 8) * 8))
