"""Views as they would be: what is answered from, with changes that are not stored.

Nothing of the real views is touched, and nothing of them is copied but the nodes on the way of a
change or a question: supposing a change of a zone costs the same however large it is.
"""

import logging
from collections.abc import Iterable, Iterator, MutableMapping

import msgspec

from microdns.events import Event
from microdns_dns import names
from microdns_dns.feed import ViewFeed
from microdns_dns.protocol import RRType
from microdns_dns.rrset import RRset
from microdns_dns.view import Node, Views, ZoneView


class SupposedNodes(MutableMapping[bytes, Node]):
    """Nodes over those of a view; what is looked at is copied, since nodes change in place."""

    def __init__(self, base: ZoneView) -> None:
        self._base = base
        self._own: dict[bytes, Node | None] = {}

    def __getitem__(self, folded: bytes) -> Node:
        if folded not in self._own:
            node = self._base.node(folded)
            self._own[folded] = None if node is None else msgspec.structs.replace(node)
        found = self._own[folded]
        if found is None:
            raise KeyError(folded)
        return found

    def __setitem__(self, folded: bytes, node: Node) -> None:
        self._own[folded] = node

    def __delitem__(self, folded: bytes) -> None:
        self._own[folded] = None

    def __iter__(self) -> Iterator[bytes]:
        raise TypeError("what is supposed is not walked over")

    def __len__(self) -> int:
        raise TypeError("what is supposed is not counted")


class SupposedView(ZoneView):
    """A zone with changes that it does not have."""

    __slots__ = ()

    def __init__(self, base: ZoneView) -> None:
        self.zone_id, self.name, self.origin = base.zone_id, base.name, base.origin
        self.soa, self.negative_soa = base.soa, base.negative_soa
        self._nodes = SupposedNodes(base)
        self.apex = self._nodes[base.origin]
        self._cuts = {}

    def cut(self, folded: bytes) -> tuple[bytes, RRset] | None:
        """As the real one; cuts are not kept aside, but looked for at each name above."""
        found = None
        last = len(folded) - len(self.origin)
        at = 0
        while at <= last:
            ending = folded[at:]
            rrset = self._cut_at(ending)
            if rrset is not None and (at > 0 or rrset.type == RRType.NS):
                found = (ending, rrset)
            at += 1 + folded[at]
        return found

    def _cut_at(self, folded: bytes) -> RRset | None:
        node = self._nodes.get(folded)
        if node is None:
            return None
        delegation = node.get(RRType.NS) if folded != self.origin else None
        return delegation or node.get(RRType.DNAME)

    def _mark_cut(self, folded: bytes, node: Node) -> None:
        """There are no marks."""


class SupposedViews(Views):
    """All zones, of which some are supposed to be others, or not to be."""

    def __init__(self, base: Views) -> None:
        super().__init__()
        self._base = base
        self._gone: set[str] = set()

    def find(self, folded: bytes) -> ZoneView | None:
        own, real = super().find(folded), self._base.find(folded)
        while real is not None and real.zone_id in self._gone:
            above = real.origin != names.ROOT
            real = self._base.find(names.parent(real.origin)) if above else None
        if own is None or (real is not None and len(real.origin) > len(own.origin)):
            return real
        return own

    def by_id(self, zone_id: str) -> ZoneView | None:
        """The zone, to be changed."""
        found = super().by_id(zone_id)
        real = None if found or zone_id in self._gone else self._base.by_id(zone_id)
        if real is not None:
            found = SupposedView(real)
            self.put(found)
        return found

    def put(self, view: ZoneView) -> None:
        super().put(view)
        self._gone.discard(view.zone_id)

    def drop(self, zone_id: str) -> None:
        super().drop(zone_id)
        self._gone.add(zone_id)


def suppose(views: Views, events: Iterable[Event], log: logging.Logger) -> Views:
    """The views as they would be after these events of one transaction."""
    feed = ViewFeed(SupposedViews(views), log)
    feed.follow(list(events))
    return feed.views
