"""What is registered for each lease, as the store keeps it.

It stands in the store beside the records, written in the same transaction: it tells which records
are a lease's, who owns its name, and which name it could not have.  All of it follows from leases
and zones, so it is not journaled; ``reconcile`` makes it anew.
"""

import msgspec

from microdns.store import Collection, Index
from microdns_dhcp.model import address_text, lease_key
from microdns_dns import names

SOURCE = "dhcp"
"""The source of records that leases bring."""
ZONE_ORIGIN = "registration"
"""The origin of zones that were made for them."""
LEASE_ORIGIN = "lease "
"""How the origin of such a record begins; the lease's address follows."""

BLOCKED = "blocked"
CURATED = "curated"
DELEGATED = "delegated"
MOVED = "moved"
NO_ZONE = "no-zone"
RESERVED = "reserved"
SECONDARY = "secondary"
TAKEN = "taken"
REVERSE_CURATED = "reverse-curated"
PROBLEMS = {
    BLOCKED: "`blocked_names` has the name, or it is like a generated one",
    CURATED: "the name has records that no lease brought",
    DELEGATED: "the name lies in a part of the zone that is delegated",
    MOVED: "the client has got another address since",
    NO_ZONE: "there is no zone for it",
    RESERVED: "a reservation of another client has the name",
    REVERSE_CURATED: "the reverse name has a record that no lease brought",
    SECONDARY: "the zone comes from another server",
    TAKEN: "another client has the name",
}


class Registration(msgspec.Struct, array_like=True, frozen=True, kw_only=True, gc=False):
    """What a lease has in DNS.

    ``zone`` and ``name`` (relative to it) say where its address stands; empty: nowhere.
    ``target`` is the name that its PTR gives, absolute text; ``reverse`` the zone of that.
    ``dhcid`` is the rdata by which the name is owned; ``hardware`` another mark of the same host.
    ``problem`` is one of ``PROBLEMS``, and ``wanted`` the name that it is about; ``holder`` says
    who has that name, for people.
    """

    address: bytes
    client: bytes
    zone: str = ""
    name: str = ""
    target: str = ""
    reverse: str = ""
    ttl: int = 0
    dhcid: bytes = b""
    hardware: bytes = b""
    reserved: bool = False
    wanted: str = ""
    problem: str = ""
    holder: str = ""
    since_ns: int = 0
    """Unix time at which the problem began."""
    heard: int = 0
    """When the client of a lease that it has moved from was last heard with it (lease time)."""


def origin_of(address: bytes) -> str:
    """The origin of the records of a lease."""
    return LEASE_ORIGIN + address_text(address)


def wanted_key(name: str) -> bytes:
    """The key, in the index ``wanted``, of a name that a lease could not have."""
    return names.canonical_key(names.from_text(name))


def _wanted(registration: Registration) -> tuple[bytes, ...]:
    if not registration.wanted or registration.problem == MOVED:
        return ()
    return (wanted_key(registration.wanted),)


REGISTRATIONS: Collection[Registration] = Collection(
    "registration.leases",
    Registration,
    key=lambda each: lease_key(each.address),
    indexes=(Index("wanted", _wanted),),
    journaled=False,
)


class Progress(msgspec.Struct, array_like=True, frozen=True, kw_only=True):
    """How far the journal has been followed, and what that came to.

    ``cursor`` is the sequence up to which every lease event is settled.
    """

    cursor: int = 0
    names: int = 0
    """Leases whose address stands under a name."""
    conflicts: int = 0
    """Leases that have a ``problem``."""


PROGRESS: Collection[Progress] = Collection(
    "registration.progress", Progress, key=lambda _progress: b"progress", journaled=False
)
