"""The loop's reading from the sockets of the interfaces that a flavour serves.

Whoever is in the middle of getting or keeping an address goes before those who begin: by sockets,
where the kernel tells them apart (see ``steering``), and in what was read in one turn anyhow.  Each
turn takes a bounded number of either, so that neither waits for ever, and others of the loop,
commits among them, get their turn.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from microdns.logs import LogEvents
from microdns_dhcp.steering import Beginning, Descriptor, Inlet

_EVENTS = LogEvents("dhcp.reception")
ONE_QUEUE = _EVENTS.info(
    "reception.one_queue",
    "The kernel keeps those who begin in one queue with all others, since it refuses filters (an "
    "old one, or a sandbox): under overload, fewer of the addresses offered become leases.",
)
DATAGRAMS_PER_TURN = 16
"""Read from one socket before others get their turn: what is to be flushed waits for it, too."""
BEGINNINGS_PER_TURN = 8
"""The same of the socket for those who begin."""

Socket = TypeVar("Socket", bound=Descriptor)
Datagram = tuple[Any, ...]
"""What a socket's receiving gives: the message, and what is told of it."""
Receive = Callable[[], Datagram]


class Reception:
    """Reads datagrams of served interfaces, by name, and hands them on."""

    def __init__(self, beginning: Beginning, log: logging.Logger) -> None:
        """``beginning`` is what the sockets of this flavour are told apart by."""
        self._begins = beginning.begins
        self._log = log
        self._inlets: dict[str, Inlet[Descriptor]] = {}
        self._told = False

    def open(
        self,
        name: str,
        inlet: Inlet[Socket],
        receive: Callable[[Socket], Receive],
        handle: Callable[..., None],
    ) -> None:
        """Call ``handle`` with the parts of each datagram that ``receive(socket)()`` gives."""
        self._inlets[name] = inlet
        loop = asyncio.get_running_loop()
        ongoing = self._ongoing(receive(inlet.ongoing), handle)
        loop.add_reader(inlet.ongoing.fileno(), ongoing)
        if inlet.beginning is not None:
            beginning = _beginning(ongoing, receive(inlet.beginning), handle)
            loop.add_reader(inlet.beginning.fileno(), beginning)
        self._tell(name, inlet)

    def close(self, name: str) -> None:
        """Read from an interface no more, and close its sockets."""
        inlet = self._inlets.pop(name)
        loop = asyncio.get_running_loop()
        loop.remove_reader(inlet.ongoing.fileno())
        if inlet.beginning is not None:
            loop.remove_reader(inlet.beginning.fileno())
        inlet.close()

    def _ongoing(self, receive: Receive, handle: Callable[..., None]) -> Callable[[], None]:
        begins = self._begins

        def read() -> None:
            later = []
            for datagram in _waiting(receive, DATAGRAMS_PER_TURN):
                if begins(datagram[0]):
                    later.append(datagram)
                else:
                    handle(*datagram)
            for datagram in later:
                handle(*datagram)

        return read

    def _tell(self, name: str, inlet: Inlet[Descriptor]) -> None:
        if inlet.refused is not None and not self._told:
            self._told = True
            ONE_QUEUE(
                self._log,
                "one queue for all messages on interface %s: %s",
                name,
                inlet.refused,
                name=name,
            )


def _beginning(
    ongoing: Callable[[], None], receive: Receive, handle: Callable[..., None]
) -> Callable[[], None]:
    def read() -> None:
        ongoing()
        for datagram in _waiting(receive, BEGINNINGS_PER_TURN):
            handle(*datagram)

    return read


def _waiting(receive: Receive, most: int) -> Iterator[Datagram]:
    """What waits at a socket, and at most so much of it."""
    for _ in range(most):
        try:
            datagram = receive()
        except OSError:
            return  # no more; or the interface went: the watch closes the socket
        yield datagram
