"""Zone views whose nodes are kept by the compiled engine.

``CompiledView`` does what ``ZoneView`` does, and to the same rules, for it is one; but nodes are
packed octets that the engine's threads read, and are unpacked when Python asks for them.  Names
that a change touches are kept here until ``flush``, then packed; ``CompiledViews.publish`` shows
them to the threads, all changes of a transaction in one instant.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping

from microdns_dns import names
from microdns_dns.bulk.run import RecordRun
from microdns_dns.engine.builder import ImageBuilder
from microdns_dns.engine.image import ImageData
from microdns_dns.engine.node import pack_node
from microdns_dns.engine.packing import pack_run
from microdns_dns.engine.zones import CompiledZone, Zones
from microdns_dns.model import Zone, zone_origin
from microdns_dns.protocol import RRType
from microdns_dns.rrset import RRset
from microdns_dns.view import Loading, Node, Views, ZoneView


class CompiledNodes(Mapping[bytes, Node]):
    """Nodes by folded owner, for reading; each is unpacked when it is asked for."""

    def __init__(self, zone: CompiledZone) -> None:
        self._zone = zone

    def __getitem__(self, folded: bytes) -> Node:
        node: Node | None = self._zone.get(folded)
        if node is None:
            raise KeyError(folded)
        return node

    def __contains__(self, folded: object) -> bool:
        return folded in self._zone

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._zone)

    def __len__(self) -> int:
        return len(self._zone)


class TouchedNodes(MutableMapping[bytes, Node]):
    """Nodes by folded owner, for changing: those that were looked at stay until ``flush``."""

    def __init__(self, zone: CompiledZone) -> None:
        self._zone = zone
        self._touched: dict[bytes, Node | None] = {}

    def __getitem__(self, folded: bytes) -> Node:
        node = self.get(folded)
        if node is None:
            raise KeyError(folded)
        return node

    def get(self, folded: bytes, default: Node | None = None) -> Node | None:  # type: ignore[override]  # Mapping takes any default
        """The node of a name: asked for most names that are new, for which an error is dear."""
        touched = self._touched
        if folded in touched:
            node = touched[folded]
        else:
            node = touched[folded] = self._zone.get(folded)
        return default if node is None else node

    def __setitem__(self, folded: bytes, node: Node) -> None:
        self._touched[folded] = node

    def __delitem__(self, folded: bytes) -> None:
        self._touched[folded] = None

    def __iter__(self) -> Iterator[bytes]:
        raise TypeError("what is being changed is not walked over")

    def __len__(self) -> int:
        return len(self._zone)

    def flush(self) -> None:
        """Give what was touched to the engine.  The apex stays: every change touches it."""
        zone, origin = self._zone, self._zone.origin
        for folded, node in self._touched.items():
            if node is not None:
                zone.put(folded, pack_node(folded, node, folded == origin))
            elif folded in zone:
                zone.remove(folded)
        self._touched = {origin: self._touched[origin]}


class CompiledView(ZoneView):
    """A ``ZoneView`` on a zone of the engine.  Changes show in it after ``flush``."""

    __slots__ = ("_touched", "compiled")

    def __init__(self, zone: Zone, compiled: CompiledZone) -> None:
        self.compiled = compiled
        self._touched = TouchedNodes(compiled)
        super().__init__(zone, self._touched)
        self.flush()

    def flush(self) -> None:
        """Give what was changed to the engine, whose ``Zones.publish`` then shows it."""
        self._touched.flush()

    @property
    def nodes(self) -> Mapping[bytes, Node]:
        return CompiledNodes(self.compiled)

    def node(self, folded: bytes) -> Node | None:
        node: Node | None = self.compiled.get(folded)
        return node

    def has(self, folded: bytes) -> bool:
        return folded in self.compiled

    def cut(self, folded: bytes) -> tuple[bytes, RRset] | None:
        owner = self.compiled.cut(folded)
        node = None if owner is None else self.node(owner)
        if owner is None or node is None:
            return None
        delegation = node.get(RRType.NS) if owner != self.origin else None
        cut = delegation or node.get(RRType.DNAME)
        return None if cut is None else (owner, cut)

    def wildcard(self, folded: bytes) -> Node | None:
        at = 1 + folded[0]
        while not self.has(encloser := folded[at:]):
            at += 1 + folded[at]
        return self.node(b"\1*" + encloser)

    def _mark_cut(self, folded: bytes, node: Node) -> None:
        """Packed nodes say themselves what they are."""


class CompiledLoading:
    """Builds an image from records in canonical order; the zone's SOA comes before them."""

    def __init__(self, views: "CompiledViews", zone: Zone) -> None:
        self._views = views
        self._zone = zone
        spelled = zone_origin(zone)
        self._builder = ImageBuilder(names.fold(spelled))
        soa = ZoneView(zone).soa
        self._builder.add(spelled, soa.type, soa.ttl, soa.rdatas[0])
        self.add = self._builder.add

    def done(self) -> ZoneView:
        """The view; readers see it with the next ``publish``."""
        compiled = self._views.compile(self._zone)
        octets = self._builder.finish()
        compiled.load(octets, self._builder.names, self._builder.cuts)
        return CompiledView(self._zone, compiled)


class CompiledViews(Views):
    """All zones of this server, in the engine."""

    def __init__(self, zones: Zones) -> None:
        super().__init__()
        self._zones = zones
        self._prepared: dict[str, ImageData] = {}
        self.answered_by_engine: Callable[[], Iterable[tuple[str, str, int]]] = tuple

    def take_answered(self) -> Iterable[tuple[str, str, int]]:
        return self.answered_by_engine()

    def make(self, zone: Zone) -> ZoneView:
        return CompiledView(zone, self.compile(zone))

    def load(self, zone: Zone) -> Loading:
        return CompiledLoading(self, zone)

    def restore(self, zone: Zone, data: ImageData) -> ZoneView:
        """A view of what an image holds, for ``put``; raises ValueError when it is damaged."""
        compiled = self.compile(zone)
        try:
            compiled.take_image(data)
            return CompiledView(zone, compiled)
        except ValueError:
            self._zones.remove(compiled.origin)
            raise

    def prepare(self, zone: Zone, run: RecordRun) -> None:
        soa = ZoneView(zone).soa
        origin = zone_origin(zone)
        self._prepared[zone.id] = pack_run(run, origin, soa.ttl, soa.rdatas[0])

    def take_prepared(self, zone: Zone) -> ZoneView | None:
        data = self._prepared.pop(zone.id, None)
        return None if data is None else self.restore(zone, data)

    def give_up(self, zone_id: str) -> None:
        self._prepared.pop(zone_id, None)

    def compile(self, zone: Zone) -> CompiledZone:
        """An empty zone of the engine, in place of one of the same name."""
        origin = names.fold(zone_origin(zone))
        replaced = self._by_origin.get(origin)
        if replaced is not None:
            self.drop(replaced.zone_id)
        return self._zones.add(origin)

    def drop(self, zone_id: str) -> None:
        view = self.by_id(zone_id)
        super().drop(zone_id)
        if view is not None:
            self._zones.remove(view.origin)

    def reclaim(self) -> None:
        """Free what was replaced and could not be freed then, since a thread still held it."""
        if self._zones.waiting:
            self._zones.publish()

    def publish(self, changed: Iterable[ZoneView]) -> None:
        for view in changed:
            view.flush()
        self._zones.publish()
