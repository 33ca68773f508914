"""How replies reach clients: straight, or wrapped for the relay agents they came by (19.3)."""

import socket
from collections.abc import Iterable

from microdns_dhcp.links import Source6
from microdns_dhcp6.exchange import Exchange
from microdns_dhcp6.message import CLIENT_ID, INTERFACE_ID, relayed, tlv

CLIENT_PORT, SERVER_PORT = 546, 547
RELAY_PORT, ECHO_REQUEST = 135, 43
IP_UDP_OCTETS = 48
RELAY_OCTETS = 38
"""Head of a relay agent's part and of the option with the message inside."""
MTU_MIN = 1280


def send(exchange: Exchange, message: bytes) -> None:
    """Send a reply; raises OSError."""
    host, port, flow, scope = exchange.source
    relays = exchange.message.relays
    if not relays:
        exchange.served.datagrams.sendto(message, (host, CLIENT_PORT, flow, scope))
        return
    for relay in reversed(relays):
        message = relayed(message, relay, echoed(relay.options))
    # The relay agent beside us may listen elsewhere, and says so (RFC 8357).
    port = port if RELAY_PORT in relays[0].options else SERVER_PORT
    exchange.served.datagrams.sendto(message, (host, port, flow, scope))


def echoed(options: dict[int, bytes]) -> bytes:
    """What goes back to a relay agent: its interface id, its port (RFC 8357), and what it asks
    to have back (RFC 4994)."""
    if not options:
        return b""
    wanted = [INTERFACE_ID, RELAY_PORT]
    request = options.get(ECHO_REQUEST, b"")
    wanted += [request[at] << 8 | request[at + 1] for at in range(0, len(request) - 1, 2)]
    return b"".join(tlv(code, options[code]) for code in dict.fromkeys(wanted) if code in options)


def room(exchange: Exchange, server_id: bytes) -> int:
    """Octets that IAs and settings of a reply may have, so that it is not fragmented."""
    taken = IP_UDP_OCTETS + 4 + len(server_id)
    taken += 4 + len(exchange.message.options.get(CLIENT_ID, b""))
    for relay in exchange.message.relays:
        taken += RELAY_OCTETS + len(echoed(relay.options))
    return max(MTU_MIN, exchange.served.interface.mtu) - taken


def fitting(options: Iterable[tuple[int, bytes]], octets_max: int) -> tuple[bytes, int]:
    """Those options that have room, in their order, and how many have not."""
    found = b""
    cut = 0
    for _, octets in options:
        if len(found) + len(octets) <= octets_max:
            found += octets
        else:
            cut += 1
    return found, cut


def octets(source: Source6) -> bytes:
    """A source's address."""
    return socket.inet_pton(socket.AF_INET6, source[0].partition("%")[0])
