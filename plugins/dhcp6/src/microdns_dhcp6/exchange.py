"""One request being answered: the message, and what has been found out about its client."""

import socket
from dataclasses import dataclass, field

from microdns_dhcp.arena import Arena
from microdns_dhcp.links import DatagramSocket6, Interface, Source6
from microdns_dhcp.model import ClientClass, Pool, Reservation
from microdns_dhcp6.duid import hardware_of, hardware_of_address
from microdns_dhcp6.message import CLIENT_ID, INTERFACE_ID, NO_ADDRESS, Message

REMOTE_ID, SUBSCRIBER_ID, CLIENT_LINK_LAYER = 37, 38, 79


@dataclass
class Served:
    """An interface that is being served, and its socket."""

    interface: Interface
    datagrams: DatagramSocket6
    addresses: tuple[bytes, ...] = ()
    arenas: tuple[Arena, ...] = field(default=())
    """Subnets of the clients on its own link."""


class Exchange:
    """A request on its way.  Octets, addresses and identifiers are as in ``Message``."""

    __slots__ = (
        "classes",
        "duid",
        "hardware",
        "interface_id",
        "link",
        "link_arenas",
        "message",
        "remote_id",
        "reservation",
        "served",
        "source",
    )

    link_arenas: tuple[Arena, ...]
    hardware: bytes
    """Hardware type (1 octet) and address, where they can be told."""

    def __init__(self, message: Message, source: Source6, served: Served) -> None:
        self.message = message
        self.source = source
        self.served = served
        self.duid = message.options.get(CLIENT_ID, b"")
        self.link = self.interface_id = self.remote_id = b""
        self.reservation: Reservation | None = None
        self.classes: tuple[ClientClass, ...] = ()
        if message.relays:
            self._read_relays()

    def _read_relays(self) -> None:
        """Where the client is: what the agents beside it say comes first (section 13.1)."""
        for relay in reversed(self.message.relays):
            if not self.link and relay.link != NO_ADDRESS:
                self.link = relay.link
            self.interface_id = self.interface_id or relay.options.get(INTERFACE_ID, b"")
            self.remote_id = self.remote_id or relay.options.get(REMOTE_ID, b"")

    @property
    def peer(self) -> bytes:
        """The address that the client was heard from: where routes to its prefixes lead."""
        if self.message.relays:
            return self.message.relays[-1].peer
        return socket.inet_pton(socket.AF_INET6, self.source[0].partition("%")[0])

    def find_hardware(self) -> bytes:
        """As a relay agent tells (RFC 6939), as the DUID is made of, or as the address is."""
        if self.message.relays:
            told = self.message.relays[-1].options.get(CLIENT_LINK_LAYER, b"")
            if 3 <= len(told) <= 22 and told[0] == 0:
                return told[1:]
        return hardware_of(self.duid) or hardware_of_address(self.peer)

    def allowed(self, pool: Pool) -> bool:
        """Whether the client may have an address of a pool by its classes."""
        return not pool.client_class or any(each.name == pool.client_class for each in self.classes)
