"""Limits of a key: to which zones, names, types (whatever plugins name) its scopes apply.

The kernel knows only attributes and patterns; what an attribute means is the plugin's affair.
"""

import ipaddress
from collections.abc import Mapping
from fnmatch import fnmatchcase

from microdns.events import Principal

ADDRESS = "address"
"""The one attribute that the kernel checks itself: networks the client may call from."""

Limits = Mapping[str, tuple[str, ...]]


def allows(principal: Principal, **attributes: str) -> bool:
    """Whether a thing with these attributes lies within the caller's limits.

    Patterns are globs (``*.dev.example.com``) and ignore ASCII case.  An attribute that is limited
    but not given is outside.
    """
    return all(
        matches(patterns, attributes[attribute]) if attribute in attributes else False
        for attribute, patterns in principal.limits.items()
    )


def matches(patterns: tuple[str, ...], value: str) -> bool:
    """Whether any of the patterns fits."""
    lowered = value.lower()
    return any(fnmatchcase(lowered, pattern.lower()) for pattern in patterns)


def in_networks(networks: tuple[str, ...], address: str) -> bool:
    """Whether an address lies in one of the networks; a text that is no address lies in none."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    found = mapped or found
    return any(found in ipaddress.ip_network(network, strict=False) for network in networks)
