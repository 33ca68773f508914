"""Leases and what they are made from, as events tell of them: named values, and a few words."""

from typing import Any

from microdns_dhcp import identifiers
from microdns_dhcp.model import (
    STATES,
    ClientClass,
    GlobalOptions,
    Lease,
    Pool,
    Reservation,
    address_text,
    hardware_text,
)


def lease_values(lease: Lease) -> dict[str, Any]:
    """A lease; times are whole seconds of the lease clock (Unix time but for jumps of the clock).

    ``expires`` is 4294967295 for a lease without end.
    """
    return {
        "ip": lease.text,
        "mac": hardware_text(lease.hardware),
        "hostname": lease.hostname,
        "state": STATES[lease.state],
        "expires": lease.expires,
        "subnet": lease.subnet,
        "fqdn": lease.fqdn,
        "client": lease.client.hex(),
        "started": lease.started,
        "renewed": lease.renewed,
        "duration_secs": lease.duration,
        "interface": lease.interface,
        "relay": address_text(lease.relay) if lease.relay else "",
        "circuit_id": identifiers.octets_text(lease.circuit_id),
        "remote_id": identifiers.octets_text(lease.remote_id),
        "vendor_class": lease.vendor_class,
        "reservation": lease.reservation,
        "pool": lease.pool,
        "source": lease.source,
        "duid": lease.duid.hex(),
        "iaid": lease.iaid,
        "preferred_secs": lease.preferred,
        "peer": address_text(lease.peer) if lease.peer else "",
    }


def lease_line(lease: Lease) -> str:
    """Address and client: ``192.0.2.7 printer (02:00:00:00:00:01)``.

    A client without a name is told by its hardware address, else its DUID, else what it calls
    itself, in hexadecimal.
    """
    name = lease.fqdn or lease.hostname
    known_by = hardware_text(lease.hardware) or (lease.duid or lease.client).hex()
    client = f"{name} ({known_by})" if name and known_by else name or known_by
    return f"{lease.text} {client}".rstrip()


def pool_line(pool: Pool) -> str:
    """``192.0.2.100 to 192.0.2.199 of 192.0.2.0/24``; without a range, the subnet."""
    if not pool.range_start:
        return pool.subnet
    return f"{pool.range_start} to {pool.range_end} of {pool.subnet}"


def reservation_line(reservation: Reservation) -> str:
    """What is reserved, and for whom: ``192.0.2.50 camera (02:00:00:00:00:02)``."""
    what = ", ".join(filter(None, (reservation.ip, reservation.prefix))) or "settings"
    known_by = (
        reservation.mac
        or reservation.duid
        or reservation.client_id
        or " ".join(filter(None, (reservation.circuit_id, reservation.remote_id)))
    )
    return f"{what} {reservation.hostname} ({known_by})".replace("  ", " ")


def class_line(client_class: ClientClass) -> str:
    """``phones (IPv4)``: a name may be there for both families."""
    return f"{client_class.name} (IPv{client_class.family})"


def options_line(options: GlobalOptions) -> str:
    """Whose options: ``IPv4``."""
    return f"IPv{options.family}"
