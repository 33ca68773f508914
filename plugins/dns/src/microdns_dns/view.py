"""What is answered from: zones in memory, arranged for looking names up.

A ``ZoneView`` maps folded owners to nodes.  A node exists when it has records or when a node below
it exists, so that empty non-terminals (RFC 4592 2.2.2) are nodes without RRsets.  Delegations and
DNAMEs hide what is below them; they are kept aside, so that looking for one is a walk over the
labels of a name, and a change costs the same however large the zone is.

Everything happens on the event loop: a reader that does not await never sees half a change.
"""

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from functools import lru_cache
from struct import Struct
from typing import TYPE_CHECKING, Protocol

import msgspec

from microdns_dns import names
from microdns_dns.model import Soa, Zone, zone_origin
from microdns_dns.protocol import RRType
from microdns_dns.rrset import RRset

if TYPE_CHECKING:  # compiled: it may be missing
    from microdns_dns.bulk.run import RecordRun

__all__ = ["Node", "RRset", "Views", "ZoneView"]

_SOA_TIMES = Struct("!IIIII")
_CUTTING = frozenset({RRType.NS, RRType.DNAME})


class Node(msgspec.Struct, gc=False):
    """A name that exists: ``owner`` as it is spelled, its RRsets, how many nodes are right below.

    RRsets are a tuple and not a dict: nearly all nodes have one to three, and a dict takes more
    memory than all the rest of a node.
    """

    owner: bytes
    rrsets: tuple[RRset, ...] = ()
    children: int = 0

    def get(self, type: int) -> RRset | None:
        """The RRset of this type, or None."""
        for rrset in self.rrsets:
            if rrset.type == type:
                return rrset
        return None


class ZoneView:
    """One zone.  Read it as you like; only ``Views`` and its feed change it.

    ``origin`` is folded wire bytes, ``apex`` the node there; ``soa`` is the zone's SOA, and
    ``negative_soa`` the same with the TTL that negative answers get (RFC 2308 section 5).
    """

    __slots__ = ("_cuts", "_nodes", "apex", "name", "negative_soa", "origin", "soa", "zone_id")

    soa: RRset
    negative_soa: RRset

    def __init__(self, zone: Zone, nodes: MutableMapping[bytes, Node] | None = None) -> None:
        """A zone without records, or with those in ``nodes``, which then keeps them."""
        spelled = zone_origin(zone)
        self.zone_id = zone.id
        self.name = zone.name
        self.origin = names.fold(spelled)
        self._nodes = {} if nodes is None else nodes
        self.apex = self._nodes.setdefault(self.origin, Node(_share(spelled, self.origin)))
        self._cuts: dict[bytes, RRset] = {}
        self.set_soa(zone.soa)

    @property
    def nodes(self) -> Mapping[bytes, Node]:
        """All nodes by folded owner."""
        return self._nodes

    def node(self, folded: bytes) -> Node | None:
        """The node of exactly this name, or None."""
        return self._nodes.get(folded)

    def has(self, folded: bytes) -> bool:
        """Whether the name exists, be it as an empty non-terminal."""
        return folded in self._nodes

    def cut(self, folded: bytes) -> tuple[bytes, RRset] | None:
        """The topmost cut that governs a name of this zone: its folded owner, its NS or DNAME.

        That is a delegation at or above the name, or a DNAME above it.
        """
        cuts = self._cuts
        if not cuts:
            return None
        found = None
        last = len(folded) - len(self.origin)
        at = 0
        while at <= last:
            ending = folded[at:]
            rrset = cuts.get(ending)
            if rrset is not None and (at > 0 or rrset.type == RRType.NS):
                found = (ending, rrset)
            at += 1 + folded[at]
        return found

    def wildcard(self, folded: bytes) -> Node | None:
        """The node that stands in for a name which has none: the wildcard at its closest encloser.

        RFC 4592 3.3.1: no other wildcard is looked at, so an existing name in between blocks.
        """
        nodes = self._nodes
        at = 1 + folded[0]
        while (encloser := folded[at:]) not in nodes:
            at += 1 + folded[at]
        return nodes.get(b"\1*" + encloser)

    # --- changes, each of a cost that does not depend on the zone's size

    def set_soa(self, soa: Soa) -> None:
        """Take over a new SOA."""
        rdata = (
            names.from_text(soa.mname)
            + names.from_text(soa.rname)
            + _SOA_TIMES.pack(soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum)
        )
        self.soa = RRset(RRType.SOA, soa.ttl, (rdata,))
        self.negative_soa = RRset(RRType.SOA, min(soa.ttl, soa.minimum), (rdata,))
        self._replace(self.origin, self.apex, RRType.SOA, self.soa)

    def set_serial(self, serial: int) -> None:
        """Take over a new serial, all else of the SOA staying as it is."""
        rdata = self.soa.rdatas[0]
        rdata = rdata[:-20] + serial.to_bytes(4, "big") + rdata[-16:]
        self.soa = msgspec.structs.replace(self.soa, rdatas=(rdata,))
        self.negative_soa = msgspec.structs.replace(self.negative_soa, rdatas=(rdata,))
        self._replace(self.origin, self.apex, RRType.SOA, self.soa)

    def add(self, owner: bytes, type: int, ttl: int, rdata: bytes) -> None:
        """Add one record; its owner (wire, spelled as it shall be) must be of this zone."""
        folded = names.fold(owner)
        node = self._nodes.get(folded) or self._grow(folded, owner)
        if not node.rrsets:
            node.owner = _share(owner, folded)
        ttl = _same_object(ttl)
        rrset = node.get(type)
        if rrset is None:
            grown = RRset(type, ttl, (rdata,))
        elif ttl == rrset.ttl and not rrset.ttls:
            grown = RRset(type, ttl, (*rrset.rdatas, rdata))
        else:
            grown = _with_ttls(type, (*rrset.rdatas, rdata), (*_ttls(rrset), ttl))
        self._replace(folded, node, type, grown)

    def remove(self, owner: bytes, type: int, rdata: bytes) -> None:
        """Remove one record, and the nodes that are left without a purpose."""
        folded = names.fold(owner)
        node = self._nodes.get(folded)
        rrset = None if node is None else node.get(type)
        if node is None or rrset is None or rdata not in rrset.rdatas:
            return
        at = rrset.rdatas.index(rdata)
        rdatas = rrset.rdatas[:at] + rrset.rdatas[at + 1 :]
        ttls = _ttls(rrset)
        shrunk = _with_ttls(type, rdatas, ttls[:at] + ttls[at + 1 :]) if rdatas else None
        self._replace(folded, node, type, shrunk)
        if not node.rrsets:
            self._shrink(folded, node)

    def flush(self) -> None:
        """Changes are done with, for now; views that keep their nodes elsewhere write them."""

    def _replace(self, folded: bytes, node: Node, type: int, rrset: RRset | None) -> None:
        """Put an RRset in the place of the node's one of this type, or at the end; or remove it."""
        if rrset is None:
            node.rrsets = tuple([found for found in node.rrsets if found.type != type])
        elif node.get(type) is None:
            node.rrsets = (*node.rrsets, rrset)
        else:
            node.rrsets = tuple([rrset if found.type == type else found for found in node.rrsets])
        if type in _CUTTING:
            self._mark_cut(folded, node)

    def _mark_cut(self, folded: bytes, node: Node) -> None:
        """Where there are both, NS decides: what is below belongs to another zone."""
        delegation = node.get(RRType.NS) if folded != self.origin else None
        cut = delegation or node.get(RRType.DNAME)
        if cut is not None:
            self._cuts[folded] = cut
        else:
            self._cuts.pop(folded, None)

    def _grow(self, folded: bytes, owner: bytes) -> Node:
        """A new node, with the empty non-terminals between it and the nearest one above."""
        node = Node(owner)
        self._nodes[folded] = node
        while True:
            size = 1 + folded[0]
            folded, owner = folded[size:], owner[size:]
            found = self._nodes.get(folded)
            if found is not None:
                found.children += 1
                return node
            self._nodes[folded] = Node(_share(owner, folded), children=1)

    def _shrink(self, folded: bytes, node: Node) -> None:
        """Remove a node that has become empty, and those above that it alone kept."""
        while not node.rrsets and not node.children and folded != self.origin:
            del self._nodes[folded]
            folded = folded[1 + folded[0] :]
            node = self._nodes[folded]
            node.children -= 1


class Loading(Protocol):
    """A view that is being filled, its records in canonical order of their owners."""

    def add(self, owner: bytes, type: int, ttl: int, rdata: bytes) -> None: ...

    def done(self) -> ZoneView: ...


class _PlainLoading:
    def __init__(self, view: ZoneView) -> None:
        self._view = view
        self.add = view.add

    def done(self) -> ZoneView:
        return self._view


class Views:
    """All zones of this server, by name."""

    def __init__(self) -> None:
        self._by_origin: dict[bytes, ZoneView] = {}
        self._by_id: dict[str, ZoneView] = {}

    def take_answered(self) -> Iterable[tuple[str, str, int]]:
        """Queries answered from here without the plan, since the last time: zone, state, number."""
        return ()

    def make(self, zone: Zone) -> ZoneView:
        """A view of a zone without records, for ``put``."""
        return ZoneView(zone)

    def load(self, zone: Zone) -> "Loading":
        """Begin a view of a zone whose records come all at once, for ``put``."""
        return _PlainLoading(ZoneView(zone))

    def prepare(self, zone: Zone, run: "RecordRun") -> None:
        """Make a large zone ready that is about to be written; may run in another thread."""

    def take_prepared(self, zone: Zone) -> ZoneView | None:
        """The view of a zone that was made ready, for ``put``; None when none was."""

    def give_up(self, zone_id: str) -> None:
        """Forget what was made ready for a zone that is not written."""

    def publish(self, changed: Iterable[ZoneView]) -> None:
        """These views were changed: show it to whoever reads them elsewhere, all at once."""

    def __iter__(self) -> Iterator[ZoneView]:
        return iter(list(self._by_origin.values()))

    def __len__(self) -> int:
        return len(self._by_origin)

    def find(self, folded: bytes) -> ZoneView | None:
        """The most specific zone that a folded name is in, or None (RFC 1034 4.3.2 step 2)."""
        zones = self._by_origin
        if not zones:
            return None
        at = 0
        while True:
            zone = zones.get(folded[at:])
            if zone is not None or not folded[at]:
                return zone
            at += 1 + folded[at]

    def zone(self, name: str) -> ZoneView | None:
        """The zone of exactly this name (text), or None; raises ValueError if it is no name."""
        return self._by_origin.get(names.fold(names.from_text(name)))

    def by_id(self, zone_id: str) -> ZoneView | None:
        """The zone with this id, or None."""
        return self._by_id.get(zone_id)

    def put(self, view: ZoneView) -> None:
        """Answer from this view from now on, in place of one of the same name or id."""
        self.drop(view.zone_id)
        replaced = self._by_origin.get(view.origin)
        if replaced is not None:
            self.drop(replaced.zone_id)
        self._by_origin[view.origin] = view
        self._by_id[view.zone_id] = view

    def drop(self, zone_id: str) -> None:
        """Answer for this zone no longer."""
        view = self._by_id.pop(zone_id, None)
        if view is not None:
            del self._by_origin[view.origin]


def _share(spelled: bytes, folded: bytes) -> bytes:
    """One object where both are the same, as they mostly are: it is kept twice."""
    return folded if spelled == folded else spelled


@lru_cache(1_024)
def _same_object(ttl: int) -> int:
    """Few TTLs are in use; every record that is decoded brings an integer object of its own."""
    return ttl


def _ttls(rrset: RRset) -> tuple[int, ...]:
    return rrset.ttls or (rrset.ttl,) * len(rrset.rdatas)


def _with_ttls(type: int, rdatas: tuple[bytes, ...], ttls: tuple[int, ...]) -> RRset:
    lowest = min(ttls)
    return RRset(type, lowest, rdatas, () if max(ttls) == lowest else ttls)
