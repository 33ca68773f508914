"""Routes to delegated prefixes (RFC 8415 section 6.3), told beside the changes of their leases.

Nothing here changes a routing table: who does (a router, a script, a peer) follows the events.
"""

from collections.abc import Iterator
from typing import Any

from microdns.events import Event
from microdns_dhcp.events import LeaseDeleted, RouteDelegated, RouteWithdrawn
from microdns_dhcp.model import ACTIVE, Lease, address_text

PREFIX_OCTETS = 17


def route_events(event: Any) -> Iterator[Event]:
    """What a lease's event means for the route to its prefix."""
    before: Lease | None = event.before
    after: Lease | None = None if type(event) is LeaseDeleted else event.lease
    if before is not None and before.state != ACTIVE:
        before = None
    if after is not None and after.state != ACTIVE:
        after = None
    if before is not None and (after is None or _way(before) != _way(after)):
        yield RouteWithdrawn(prefix=before.text, **_way(before))
    if after is not None and (
        before is None or _way(before) != _way(after) or before.expires != after.expires
    ):
        yield RouteDelegated(prefix=after.text, expires=after.expires, **_way(after))


def _way(lease: Lease) -> dict[str, str]:
    return {
        "via": address_text(lease.peer) if lease.peer else "",
        "interface": lease.interface,
        "link": address_text(lease.relay) if lease.relay else "",
    }
