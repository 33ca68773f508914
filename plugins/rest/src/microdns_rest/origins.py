"""Which pages may write: a browser lends any page what its reader may do."""

import ipaddress
import socket
from collections.abc import Sequence

LOCAL_ZONES = ("localhost", "local", "home.arpa", "internal", "lan", "home", "test")
"""Names that nobody on the Internet can have point here."""


def refusal(origin: str, host: str, friends: Sequence[str], *, is_open: bool) -> str:
    """Why a page of this origin may not write, or an empty string.

    Its own origin is that of the ``Host`` header.  While no key is needed that proves little: a
    page on the Internet can have its own name resolve to this machine (DNS rebinding), so that
    only names that it can't have will do.
    """
    if {"*", origin}.intersection(friends):
        return ""
    if origin.partition("://")[2] != host:
        return "pages of other origins may not write here (see cors_origins)"
    if is_open and not is_local(host):
        return (
            f"while there is no key, pages at {host[:255]!r} may not write: make one with "
            "microdns key create, use an address in place of the name, or see cors_origins"
        )
    return ""


def is_local(host: str) -> bool:
    """Whether a ``Host`` header has an address or a name that a stranger's page can't be at."""
    name = host.rpartition("]")[0].removeprefix("[") or host.partition(":")[0]
    try:
        ipaddress.ip_address(name)
    except ValueError:
        name = name.lower().rstrip(".")
        return (
            "." not in name
            or name == socket.gethostname().lower()
            or any(name.endswith(f".{zone}") for zone in LOCAL_ZONES)
        )
    return True
