"""What can be done to leases, and to what they are made from."""

from typing import Any

from microdns.operations import Operation
from microdns_dhcp.operations.base import Desk
from microdns_dhcp.operations.classes import ClassOperations
from microdns_dhcp.operations.history import HistoryOperations
from microdns_dhcp.operations.leases import LeaseOperations
from microdns_dhcp.operations.pools import PoolOperations
from microdns_dhcp.operations.reservations import ReservationOperations


def operations(desk: Desk) -> list[Operation[Any, Any]]:
    """All operations of the foundation, working at this desk."""
    return [
        *LeaseOperations(desk).operations(),
        *HistoryOperations(desk).operations(),
        *PoolOperations(desk).operations(),
        *ReservationOperations(desk).operations(),
        *ClassOperations(desk).operations(),
    ]


__all__ = ["Desk", "operations"]
