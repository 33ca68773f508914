"""DHCP unique identifiers (RFC 8415 section 11, RFC 6355), and the server's own.

The server makes itself a DUID-UUID when it first starts and keeps it in the store, so that it
stays the same whatever interfaces the machine has.
"""

import uuid

import msgspec

from microdns.store import Collection, Store

LLT, EN, LL, UUID = 1, 2, 3, 4
NAMES = {LLT: "llt", EN: "en", LL: "ll", UUID: "uuid"}


class ServerIdentity(msgspec.Struct, frozen=True):
    """What the server is known by."""

    duid: bytes


IDENTITY = Collection(
    "dhcp6.identity", ServerIdentity, key=lambda _identity: b"server", journaled=False
)


def new_duid(number: uuid.UUID) -> bytes:
    """A DUID-UUID (RFC 6355)."""
    return UUID.to_bytes(2, "big") + number.bytes


async def server_duid(store: Store, configured: bytes, fresh: uuid.UUID) -> bytes:
    """The server's DUID: as configured, else as kept, else a new one, which is kept."""
    if configured:
        return configured
    known = store.get(IDENTITY, b"server")
    if known is not None:
        return known.duid
    duid = new_duid(fresh)
    async with store.transaction() as tx:
        tx.put(IDENTITY, ServerIdentity(duid))
    return duid


def hardware_of(duid: bytes) -> bytes:
    """Hardware type (1 octet) and address that a DUID-LLT or DUID-LL is made of; else empty.

    It need not be that of the interface in use (section 11), but mostly is.
    """
    if len(duid) < 5 or duid[0] != 0 or duid[2] != 0:
        return b""
    if duid[1] == LL:
        return duid[3:24]
    if duid[1] == LLT and len(duid) > 8:
        return duid[3:4] + duid[8:28]
    return b""


def hardware_of_address(address: bytes) -> bytes:
    """The Ethernet address in an EUI-64 interface identifier (RFC 4291 appendix A); else empty."""
    if address[11:13] != b"\xff\xfe":
        return b""
    return bytes((1, address[8] ^ 2)) + address[9:11] + address[13:16]


def kind_of(duid: bytes) -> str:
    """``llt``, ``en``, ``ll``, ``uuid``, or the number of another type."""
    number = int.from_bytes(duid[:2], "big")
    return NAMES.get(number, str(number))
