"""The additional section: addresses that whoever asked will want next.

Only what the zone itself holds is given (RFC 2181 5.4.1, RFC 9471 section 2): data from below its
cuts serve as glue for referrals and for the apex's own NS, and for nothing else.
"""

from collections.abc import Iterator
from typing import Final

from microdns_dns import names
from microdns_dns.message import Owned, Reply
from microdns_dns.protocol import RRType
from microdns_dns.view import Node, RRset, ZoneView

_ADDRESS_TYPES: Final = (RRType.A, RRType.AAAA)
_BROUGHT_ALONG: Final = {
    RRType.SVCB: (*_ADDRESS_TYPES, RRType.SVCB),
    RRType.HTTPS: (*_ADDRESS_TYPES, RRType.HTTPS),
}
"""What is given of the target, when it is more than addresses (RFC 9460 4.1)."""

_TARGET_AT: Final = {
    RRType.NS: 0,
    RRType.MX: 2,
    RRType.SRV: 6,
    RRType.SVCB: 2,
    RRType.HTTPS: 2,
}
"""Types whose rdata name a host, and the octets before that name.

NS (RFC 1035 3.3.11), MX (3.3.9), SRV (RFC 2782), SVCB and HTTPS (RFC 9460 4.1).
"""

TARGETS_MAX: Final = 32
"""Records of one RRset whose targets are looked up; a message has no room for more."""


def add_additional(reply: Reply, zone: ZoneView, owner: bytes, rrset: RRset) -> None:
    """Addresses of the hosts that an RRset of the answer names (RFC 1034 4.3.2 step 6)."""
    at = _TARGET_AT.get(rrset.type)
    if at is None:
        return
    types = _BROUGHT_ALONG.get(rrset.type, _ADDRESS_TYPES)
    held = {(names.fold(name), found.type) for name, found in reply.answer}
    for target in _targets(rrset, at, owner):
        folded = names.fold(target)
        if not _within(folded, zone.origin):
            continue
        if rrset.type != RRType.NS and zone.cut(folded) is not None:
            continue
        node = zone.node(folded) or _synthesised(zone, folded)
        if node is not None:
            _add_rrsets(reply.additional, held, target, folded, node, types)


def add_glue(reply: Reply, zone: ZoneView, cut: bytes, delegation: RRset) -> None:
    """Addresses of the servers of a delegation at ``cut`` (folded).

    Servers below the cut can be reached in no other way: theirs is required (RFC 9471 3.1).
    Servers elsewhere in this zone, below another cut or not, are a help (3.2).
    """
    held: set[tuple[bytes, int]] = set()
    for target in _targets(delegation, 0, cut):
        folded = names.fold(target)
        if not _within(folded, zone.origin):
            continue
        node = zone.node(folded) or _synthesised(zone, folded)
        if node is not None:
            required = _within(folded, cut)
            section = reply.glue if required else reply.additional
            _add_rrsets(section, held, target, folded, node, _ADDRESS_TYPES)


def _targets(rrset: RRset, at: int, owner: bytes) -> Iterator[bytes]:
    """The hosts that an RRset names; the root says "the owner" in SVCB (RFC 9460 2.5.2), and
    nobody in the others."""
    service = rrset.type in (RRType.SVCB, RRType.HTTPS)
    for rdata in rrset.rdatas[:TARGETS_MAX]:
        target = rdata[at : names.wire_end(rdata, at)]
        if target != names.ROOT:
            yield target
        elif service and rdata[:2] != b"\0\0":
            yield owner


def _within(folded: bytes, above: bytes) -> bool:
    return folded.endswith(above) and names.is_subdomain(folded, above)


def _synthesised(zone: ZoneView, folded: bytes) -> Node | None:
    """What a wildcard makes of the name; a cut would have come before it."""
    return None if zone.cut(folded) is not None else zone.wildcard(folded)


def _add_rrsets(
    section: list[Owned],
    held: set[tuple[bytes, int]],
    target: bytes,
    folded: bytes,
    node: Node,
    types: tuple[int, ...],
) -> None:
    for type_ in types:
        rrset = node.get(type_)
        if rrset is not None and (folded, type_) not in held:
            held.add((folded, type_))
            section.append((target, rrset))
