"""What a client calls itself: options 12 and 81 (RFC 4702), and what it is told of that."""

import re
from dataclasses import dataclass

from microdns_dhcp4.message import Message
from microdns_dhcp4.values import show_domain_names

HOSTNAME, FQDN = 12, 81
_S, _O, _E, _N = 1, 2, 4, 8
_NOT_A_NAME = re.compile(r"[^a-z0-9-]+")
NAME_OCTETS_MAX = 253


@dataclass(frozen=True)
class ClientName:
    """``hostname`` is one label or a whole name as the client sent it, sanitised; ``fqdn`` is
    the name of option 81 (empty without one); ``dns`` as in ``Lease``; ``answer`` is option 81
    of the reply, without the name that follows it."""

    hostname: str = ""
    fqdn: str = ""
    dns: str = ""
    answer: bytes | None = None


NAMELESS = ClientName()


def client_name(message: Message, override: bool) -> ClientName:
    """The names in a request; octets that are no name give none."""
    hostname = message.options.get(HOSTNAME)
    fqdn = message.options.get(FQDN)
    if hostname is None and fqdn is None:
        return NAMELESS
    name = sanitised((hostname or b"").rstrip(b"\0").decode("utf-8", "replace"))
    if fqdn is None or len(fqdn) < 3:
        return ClientName(name)
    flags = fqdn[0]
    full = _fqdn_of(fqdn[3:], bool(flags & _E))
    dns, told = _who_updates(flags, override)
    # The two rcode octets are 255 from a server (RFC 4702 2.2).
    answer = bytes((told | flags & _E, 255, 255)) + fqdn[3:]
    return ClientName(name or full.partition(".")[0], full, dns, answer)


def _who_updates(flags: int, override: bool) -> tuple[str, int]:
    """Who registers the name (``Lease.dns``), and the flags that say so (RFC 4702 section 4)."""
    if flags & _N:
        return "none", _N
    if flags & _S:
        return "", _S
    if override:
        return "", _S | _O
    return "client", 0


def _fqdn_of(data: bytes, canonical: bool) -> str:
    """The name of option 81: wire form, or (deprecated) ASCII; sanitised."""
    if not canonical:
        return sanitised(data.rstrip(b"\0").decode("ascii", "replace"))
    if data and not data.endswith(b"\0"):
        data += b"\0"  # a partial name has no root label (RFC 4702 2.3.1)
    try:
        names = show_domain_names(data)
    except ValueError:
        return ""
    return sanitised(names[0]) if names else ""


def sanitised(text: str) -> str:
    """Text as a domain name of lower-case letters, digits and hyphens (RFC 1123 2.1)."""
    labels = []
    for label in text.lower().rstrip(".").split("."):
        clean = _NOT_A_NAME.sub("-", label).strip("-")[:63].strip("-")
        if clean:
            labels.append(clean)
    name = ".".join(labels)
    return name if len(name) <= NAME_OCTETS_MAX else labels[0]
