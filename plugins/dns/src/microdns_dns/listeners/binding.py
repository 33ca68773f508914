"""Opening both sockets of an address."""

import errno
import socket
from typing import Final

from microdns.binding import CannotListen, explain
from microdns.network import Address, Network

PORT_TRIES: Final = 16
"""Ports that are tried when any will do: one that is free for UDP may be taken for TCP."""


def open_pair(network: Network, address: Address) -> tuple[socket.socket, socket.socket]:
    """A UDP socket and a listening TCP socket of one address and port, both non-blocking.

    Port 0 is any port that is free for both.  Raises ``CannotListen``.
    """
    for _ in range(PORT_TRIES if address[1] == 0 else 1):
        try:
            return _open_pair(network, address)
        except OSError as error:
            failed = error
            if error.errno != errno.EADDRINUSE:
                break
    if isinstance(failed, CannotListen):
        raise failed
    raise CannotListen(failed.errno, explain(address, failed)) from failed


def _open_pair(network: Network, address: Address) -> tuple[socket.socket, socket.socket]:
    datagrams = network.bind_udp(address)
    try:
        if address[1] == 0:
            address = bound_address(datagrams, address)
        return datagrams, network.bind_tcp(address)
    except OSError:
        datagrams.close()
        raise


def bound_address(opened: socket.socket, asked: Address) -> Address:
    """Where a socket is bound; a zone (``fe80::1%eth0``) is kept, which the socket tells not."""
    host, port = opened.getsockname()[:2]
    return (asked[0] if "%" in asked[0] else host), port
