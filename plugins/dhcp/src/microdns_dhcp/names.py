"""What clients call themselves, and who is to register that (RFC 4702, RFC 4704)."""

import re

from microdns_dhcp.values import show_domain_names

NAME_OCTETS_MAX = 253
_NOT_A_NAME = re.compile(r"[^a-z0-9-]+")


def sanitised(text: str) -> str:
    """Text as a domain name of lower-case letters, digits and hyphens (RFC 1123 2.1)."""
    labels = []
    for label in text.lower().rstrip(".").split("."):
        clean = _NOT_A_NAME.sub("-", label).strip("-")[:63].strip("-")
        if clean:
            labels.append(clean)
    name = ".".join(labels)
    return name if len(name) <= NAME_OCTETS_MAX else labels[0]


def wire_name(data: bytes) -> str:
    """The name in an FQDN option, sanitised; empty for octets that are none.

    A partial name has no root label (RFC 4702 2.3.1, RFC 4704 4.2).
    """
    if data and not data.endswith(b"\0"):
        data += b"\0"
    try:
        names = show_domain_names(data)
    except ValueError:
        return ""
    return sanitised(names[0]) if names else ""


def who_updates(
    server_asked: bool, nobody_asked: bool, override: bool
) -> tuple[str, bool, bool, bool]:
    """Who registers a name, by the client's S and N flags: ``Lease.dns``, and the flags S, O, N
    of the answer (RFC 4702 section 4, RFC 4704 section 6)."""
    if nobody_asked:
        return "none", False, False, True
    if server_asked:
        return "", True, False, False
    if override:
        return "", True, True, False
    return "client", False, False, False
