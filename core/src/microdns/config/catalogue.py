"""First-party plugins by their sections: what to install for a section that nobody claims."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Known:
    """A section and the plugin that reads it.

    The plugin is asked for when the value at ``key`` (a whole key path; empty for sections that
    only configure) satisfies ``asks``.
    """

    section: str
    plugin: str
    key: str = ""
    asks: Callable[[Any], bool] = lambda value: value is True
    array: bool = False
    """Whether it is an array of tables."""

    @property
    def distribution(self) -> str:
        """What to ``pip install``."""
        return f"microdns-{self.plugin}"


def _switched(section: str, plugin: str) -> Known:
    return Known(section, plugin, f"{section}.enabled")


FIRST_PARTY = (
    Known("dns", "dns"),
    Known("dhcp", "dhcp"),
    _switched("dns.auth", "auth"),
    _switched("dns.dnstap", "dnstap"),
    _switched("dns.recursor", "recursor"),
    _switched("dns.loadbalancer", "lb"),
    _switched("dhcp.v4", "dhcp4"),
    _switched("dhcp.v6", "dhcp6"),
    _switched("dhcp.slaac", "slaac"),
    _switched("dhcp.dns_registration", "registration"),
    _switched("ipam", "ipam"),
    Known("coordinator", "federation", "instance.mode", lambda mode: mode != "standalone"),
    Known("instance.peers", "federation", array=True),
    Known("messaging", "kafka", "messaging.backend", lambda backend: backend != "noop"),
    _switched("api.rest", "rest"),
    _switched("api.grpc", "grpc"),
    _switched("api.dashboard", "dashboard"),
    _switched("metrics", "metrics"),
)


def distribution_of(plugin: str) -> str | None:
    """The distribution of a first-party plugin; None for a name that is none of ours."""
    for known in FIRST_PARTY:
        if known.plugin == plugin:
            return known.distribution
    return None
