"""One request being answered: the message, and what has been found out about its client."""

from dataclasses import dataclass, field

from microdns_dhcp.arena import Arena
from microdns_dhcp.links import DatagramSocket, Interface, PacketSocket
from microdns_dhcp.model import ClientClass, Pool, Reservation
from microdns_dhcp4.message import NO_ADDRESS, Message, suboptions

RELAY_INFORMATION = 82
CIRCUIT_ID, REMOTE_ID, LINK_SELECTION, SERVER_OVERRIDE, SOURCE_PORT = 1, 2, 5, 11, 19


@dataclass
class Served:
    """An interface that is being served, and its sockets."""

    interface: Interface
    datagrams: DatagramSocket
    packets: PacketSocket
    address: bytes = NO_ADDRESS
    """Its first IPv4 address: what clients know the server by."""
    addresses: tuple[bytes, ...] = ()
    arenas: tuple[Arena, ...] = field(default=())
    """Subnets of the clients on its own link."""


class Exchange:
    """A request on its way.  Octets, addresses and identifiers are as in ``Message``."""

    __slots__ = (
        "arena",
        "circuit_id",
        "classes",
        "client",
        "hardware",
        "link_arenas",
        "message",
        "pool",
        "relay",
        "relay_info",
        "remote_id",
        "reservation",
        "served",
        "server",
        "source",
    )

    arena: Arena
    link_arenas: tuple[Arena, ...]
    pool: Pool | None
    """The pool of the address that the reply is about."""

    def __init__(self, message: Message, source: tuple[str, int], served: Served) -> None:
        self.message = message
        self.source = source
        self.served = served
        self.hardware = bytes((message.htype,)) + message.chaddr
        self.client = b"\0" + self.hardware
        self.relay_info: dict[int, bytes] = {}
        self.circuit_id = self.remote_id = b""
        self.relay = b"" if message.giaddr == NO_ADDRESS else message.giaddr
        self.server = served.address
        self.reservation: Reservation | None = None
        self.classes: tuple[ClientClass, ...] = ()

    def read_relay(self, data: bytes) -> None:
        """Take in option 82; raises Malformed."""
        self.relay_info = suboptions(data)
        self.circuit_id = self.relay_info.get(CIRCUIT_ID, b"")
        self.remote_id = self.relay_info.get(REMOTE_ID, b"")
        override = self.relay_info.get(SERVER_OVERRIDE, b"")
        if len(override) == 4 and override != NO_ADDRESS:
            self.server = override

    @property
    def link(self) -> bytes:
        """The address that tells which link a relayed client is on (RFC 3527)."""
        selected = self.relay_info.get(LINK_SELECTION, b"")
        return selected if len(selected) == 4 else self.message.giaddr

    def allowed(self, pool: Pool) -> bool:
        """Whether the client may have an address of a pool."""
        return not pool.client_class or any(each.name == pool.client_class for each in self.classes)


def anyone(_pool: Pool) -> bool:
    """``allowed`` where no pool asks for a class."""
    return True
