"""Who a name belongs to: DHCID data (RFC 4701), the same for both families (RFC 4703).

A DHCID is a digest of a client's identity and the name.  RFC 4701 3.3 knows three kinds of
identity: a DUID (DHCPv6, and DHCPv4 as of RFC 4361), another DHCPv4 client identifier, and the
hardware address.  Many hosts use a DUID with one family and a hardware address with the other.
That is why a client has several identities here, the strongest first: the first lease of a name
sets its DHCID, and any client with an identity that gives the same DHCID is its owner too.
"""

from hashlib import sha256

from microdns_dhcp.model import Lease

HARDWARE, CLIENT_ID, DUID = 0, 1, 2
"""Identifier type codes (RFC 4701 3.3)."""
SHA256 = 1
"""Digest type code (RFC 4701 3.4)."""

Identity = tuple[int, bytes]
"""An identifier type code, and the octets of the identifier."""

_RFC4361 = 255
_IAID_OCTETS = 4
_CLIENT6_HEAD_OCTETS = 5
"""What stands before the DUID in ``microdns_dhcp.model.client6``."""
_DUID_LLT, _DUID_LL = b"\0\1", b"\0\3"


def dhcid(identity: Identity, name: bytes) -> bytes:
    """DHCID rdata for a client and a name (wire, any case): RFC 4701 3.5."""
    kind, octets = identity
    digest = sha256(octets + name.lower()).digest()
    return kind.to_bytes(2, "big") + bytes((SHA256,)) + digest


def identities(lease: Lease) -> list[Identity]:
    """What a client can be known by, the strongest first: DUID, client identifier, hardware."""
    found: list[Identity] = []
    duid = duid_of(lease)
    if duid:
        found.append((DUID, duid))
    elif lease.family == 4 and lease.client[:1] == b"\1":
        found.append((CLIENT_ID, lease.client[1:]))
    hardware = hardware_of(lease)
    if hardware:
        found.append((HARDWARE, hardware))
    return found or [(CLIENT_ID, lease.client)]


def duid_of(lease: Lease) -> bytes:
    """The client's DUID, or nothing: of DHCPv6, or in a client identifier of RFC 4361."""
    client = lease.client
    if lease.family == 6:
        return client[_CLIENT6_HEAD_OCTETS:]
    if len(client) > 8 and client[0] == 1 and client[1] == _RFC4361:
        return client[2 + _IAID_OCTETS :]
    return b""


def hardware_of(lease: Lease) -> bytes:
    """Hardware type (1 octet) and address: from the lease, or from the client's DUID."""
    if lease.hardware:
        return lease.hardware
    duid = duid_of(lease)
    start = {_DUID_LLT: 8, _DUID_LL: 4}.get(duid[:2])
    if start is None or len(duid) <= start or duid[2]:
        return b""
    return duid[3:4] + duid[start:]
