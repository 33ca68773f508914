"""One interface that is advertised on: its socket, its timers, and the routers heard there."""

import ipaddress
from dataclasses import dataclass, field

from microdns_dhcp.icmp6 import Icmp6Socket
from microdns_dhcp.links import Interface
from microdns_dhcp.model import Pool
from microdns_slaac.profile import Profile
from microdns_slaac.schedule import Schedule

Address = ipaddress.IPv6Address
ALL_NODES = Address("ff02::1")
ALL_ROUTERS = Address("ff02::2")
ROUTERS_MAX = 32
"""Other routers remembered on one link; who sends as many is no router."""
IPV6_HEADER_OCTETS = 40
MTU_MIN = 1280


@dataclass
class Router:
    """Another router on the link.  ``heard`` is monotonic time."""

    heard: float
    lifetime: int
    differences: tuple[str, ...] = ()


@dataclass
class Link:
    """An interface being advertised on."""

    interface: Interface
    socket: Icmp6Socket
    profile: Profile
    schedule: Schedule
    dhcp6: bool = False
    """Whether DHCPv6 is served."""
    leased: bool = False
    """Whether it has addresses for this link."""
    withdrawn: frozenset[Address] = frozenset()
    failures: int = 0
    """Sendings that failed since one succeeded."""
    routers: dict[Address, Router] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.interface.name

    @property
    def source(self) -> Address | None:
        """The address to advertise from (RFC 4861 4.2); None while there is none."""
        own = (each.ip for each in self.interface.ipv6)
        return next((address for address in own if address.is_link_local), None)

    @property
    def octets_max(self) -> int:
        """The longest message that the link carries in one piece."""
        return max(self.interface.mtu, MTU_MIN) - IPV6_HEADER_OCTETS

    def networks(self) -> list[ipaddress.IPv6Network]:
        """The prefixes of its addresses that hosts can make addresses from."""
        found = {
            each.network: None
            for each in self.interface.ipv6
            if each.network.prefixlen == 64
            and not (each.is_link_local or each.is_multicast or each.is_loopback)
        }
        return list(found)

    def is_of(self, pool: Pool) -> bool:
        """Whether a pool of DHCPv6 has addresses for this link: by name, or by its own address."""
        if pool.kind != "address":
            return False
        if pool.interface:
            return pool.interface == self.name
        subnet = ipaddress.IPv6Network(pool.subnet)
        return any(each.ip in subnet for each in self.interface.ipv6)

    def remember(self, router: Address, heard: Router) -> bool:
        """Keep what was heard of a router; False when there is no room for one more."""
        if router not in self.routers and len(self.routers) >= ROUTERS_MAX:
            gone = [
                address
                for address, other in self.routers.items()
                if heard.heard > other.heard + other.lifetime
            ]
            if not gone:
                return False
            del self.routers[gone[0]]
        self.routers[router] = heard
        return True
