"""What a client calls itself (RFC 4704), and what it is told of that."""

from dataclasses import dataclass

from microdns_dhcp.names import who_updates, wire_name
from microdns_dhcp6.message import Message, tlv

FQDN = 39
_S, _O, _N = 1, 2, 4


@dataclass(frozen=True)
class ClientName:
    """``hostname`` is the first label, ``fqdn`` the whole name, sanitised; ``dns`` as in
    ``Lease``; ``answer`` is the option of the reply."""

    hostname: str = ""
    fqdn: str = ""
    dns: str = ""
    answer: bytes = b""


NAMELESS = ClientName()


def client_name(message: Message, override: bool) -> ClientName:
    """The name in a request; octets that are no name give none."""
    data = message.options.get(FQDN)
    if not data:
        return NAMELESS
    flags = data[0]
    full = wire_name(data[1:])
    dns, ours, overridden, nobody = who_updates(bool(flags & _S), bool(flags & _N), override)
    told = _S * ours | _O * overridden | _N * nobody
    return ClientName(full.partition(".")[0], full, dns, tlv(FQDN, bytes((told,)) + data[1:]))
