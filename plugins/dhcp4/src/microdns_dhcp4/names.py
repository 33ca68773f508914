"""What a client calls itself: options 12 and 81 (RFC 4702), and what it is told of that."""

from dataclasses import dataclass

from microdns_dhcp.names import sanitised, who_updates, wire_name
from microdns_dhcp4.message import Message

HOSTNAME, FQDN = 12, 81
_S, _O, _E, _N = 1, 2, 4, 8


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
    dns, ours, overridden, nobody = who_updates(bool(flags & _S), bool(flags & _N), override)
    return dns, _S * ours | _O * overridden | _N * nobody


def _fqdn_of(data: bytes, canonical: bool) -> str:
    """The name of option 81: wire form, or (deprecated) ASCII; sanitised."""
    if canonical:
        return wire_name(data)
    return sanitised(data.rstrip(b"\0").decode("ascii", "replace"))
