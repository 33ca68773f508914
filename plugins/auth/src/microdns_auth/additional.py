"""The additional section: addresses that whoever asked will want next.

Only what the zone itself holds is given (RFC 2181 5.4.1, RFC 9471 section 2): data from below its
cuts serve as glue for referrals and for the apex's own NS, and for nothing else.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from microdns_dns import names
from microdns_dns.message import Owned, Reply
from microdns_dns.protocol import RRType
from microdns_dns.view import Node, RRset, ZoneView

_ADDRESSES: Final = (RRType.A, RRType.AAAA)
_WANTED: Final = {
    RRType.SVCB: (*_ADDRESSES, RRType.SVCB),
    RRType.HTTPS: (*_ADDRESSES, RRType.HTTPS),
}
"""What is given of a target beside addresses: SVCB of the target's own (RFC 9460 4.1)."""

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

TARGETS_MAX: Final = 64
"""Records of one RRset whose targets are looked up; a message has hardly room for more."""


class Host(NamedTuple):
    """A name that rdata mention and that this zone has: its owner as it is to be shown."""

    owner: bytes
    folded: bytes
    node: Node


def add_additional(reply: Reply, zone: ZoneView, owner: bytes, rrset: RRset) -> None:
    """Addresses of the hosts that an RRset of the answer names (RFC 1034 4.3.2 step 6)."""
    at = _TARGET_AT.get(rrset.type)
    if at is None:
        return
    held = {(names.fold(name), found.type) for name, found in reply.answer}
    wanted = _WANTED.get(rrset.type, _ADDRESSES)
    for host in _hosts(zone, _targets(rrset, at, owner)):
        if rrset.type == RRType.NS or zone.cut(host.folded) is None:
            _add(reply.additional, held, host, wanted)


def add_glue(reply: Reply, zone: ZoneView, cut: bytes, delegation: RRset) -> None:
    """Addresses of the servers of a delegation at ``cut`` (folded).

    Servers below the cut can be reached in no other way: theirs is required (RFC 9471 3.1).
    Servers elsewhere in this zone, below another cut or not, are a help (3.2).
    """
    held: set[tuple[bytes, int]] = set()
    for host in _hosts(zone, _targets(delegation, 0, cut)):
        required = _within(host.folded, cut)
        _add(reply.glue if required else reply.additional, held, host, _ADDRESSES)


def _targets(rrset: RRset, at: int, owner: bytes) -> Iterator[bytes]:
    """The names in an RRset; the root says "the owner" in SVCB (RFC 9460 2.5.2), and nobody in
    the others."""
    service = rrset.type in (RRType.SVCB, RRType.HTTPS)
    for rdata in rrset.rdatas[:TARGETS_MAX]:
        target = rdata[at : names.wire_end(rdata, at)]
        if target != names.ROOT:
            yield target
        elif service and rdata[:2] != b"\0\0":
            yield owner


def _hosts(zone: ZoneView, targets: Iterator[bytes]) -> Iterator[Host]:
    """Those of the names that the zone has, glue included, or makes from a wildcard."""
    for target in targets:
        folded = names.fold(target)
        node = zone.node(folded)
        if node is not None:
            yield Host(node.owner, folded, node)
        elif _within(folded, zone.origin) and zone.cut(folded) is None:
            node = zone.wildcard(folded)
            if node is not None:
                yield Host(target, folded, node)


def _within(folded: bytes, above: bytes) -> bool:
    """Whether a folded name is another one or below it."""
    at, cut = 0, len(folded) - len(above)
    if not folded.endswith(above):
        return False
    while at < cut:
        at += 1 + folded[at]
    return at == cut


def _add(
    section: list[Owned], held: set[tuple[bytes, int]], host: Host, wanted: tuple[int, ...]
) -> None:
    """Add what is wanted of a host, but nothing twice."""
    for type_ in wanted:
        rrset = host.node.get(type_)
        if rrset is not None and (host.folded, type_) not in held:
            held.add((host.folded, type_))
            section.append((host.owner, rrset))
