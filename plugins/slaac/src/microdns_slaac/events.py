"""What happens to what hosts are told."""

from typing import ClassVar

from microdns.events import Event


class PrefixAnnounced(Event, frozen=True, kw_only=True, tag="slaac.prefix_announced"):
    """Hosts on the interface make addresses from the prefix from now on, or again."""

    interface: str
    prefix: str
    valid_secs: int
    preferred_secs: int

    def headline(self) -> str:
        return f"{self.prefix} on {self.interface}"


class PrefixDeprecated(Event, frozen=True, kw_only=True, tag="slaac.prefix_deprecated"):
    """The prefix is no longer wanted; hosts are told so for ``secs``, until it has run out."""

    interface: str
    prefix: str
    secs: int

    def headline(self) -> str:
        return f"{self.prefix} on {self.interface}"


class PrefixEnded(Event, frozen=True, kw_only=True, tag="slaac.prefix_ended"):
    """No host can hold an address of the prefix any more; it is told no longer."""

    interface: str
    prefix: str

    def headline(self) -> str:
        return f"{self.prefix} on {self.interface}"


class DnsWithdrawn(Event, frozen=True, kw_only=True, tag="slaac.dns_withdrawn"):
    """Hosts are told not to ask these DNS servers, for lack of a plugin."""

    ephemeral: ClassVar[bool] = True
    interface: str
    servers: tuple[str, ...]
    without: tuple[str, ...]

    def headline(self) -> str:
        missing = ", ".join(self.without)
        return f"{', '.join(self.servers)} on {self.interface}, without {missing}"


class DnsRestored(Event, frozen=True, kw_only=True, tag="slaac.dns_restored"):
    """Hosts are told to ask them again."""

    ephemeral: ClassVar[bool] = True
    interface: str
    servers: tuple[str, ...]

    def headline(self) -> str:
        return f"{', '.join(self.servers)} on {self.interface}"


class RouterDiffers(Event, frozen=True, kw_only=True, tag="slaac.router_differs"):
    """Another router on the link tells hosts something else (RFC 4861 6.2.7)."""

    ephemeral: ClassVar[bool] = True
    interface: str
    router: str
    differences: tuple[str, ...]

    def headline(self) -> str:
        return f"{self.router} on {self.interface}: {', '.join(self.differences)}"


EVENTS: tuple[type[Event], ...] = (
    PrefixAnnounced,
    PrefixDeprecated,
    PrefixEnded,
    DnsWithdrawn,
    DnsRestored,
    RouterDiffers,
)
