"""The Python path and the engine, side by side over the same zones."""

import logging
from collections.abc import Sequence

from plugins.dns.tests.engine.generated import Change

from microdns.clock import SystemClock
from microdns_auth.metrics import AuthMetrics
from microdns_auth.stage import AuthoritativeStage
from microdns_dns import names
from microdns_dns.engine.core import Engine
from microdns_dns.engine.view import CompiledViews
from microdns_dns.identity import IdentityStage
from microdns_dns.message import Transport
from microdns_dns.metrics import DnsMetrics
from microdns_dns.model import Zone
from microdns_dns.plan import Plan, Stage
from microdns_dns.responder import Responder
from microdns_dns.view import Views

NSID = "differential"


class Pair:
    """Zones in plain views, answered in Python, and in compiled ones, answered by the engine.

    The compiled ones are built as images from their first records, and changed after that.
    """

    def __init__(self, zones: list[Zone], records: Sequence[Change] = ()) -> None:
        self.engine = Engine(nsid=NSID.encode())
        self.plain, self.compiled = Views(), CompiledViews(self.engine.zones)
        for views in (self.plain, self.compiled):
            for zone in zones:
                loading = views.load(zone)
                for record in _in_order(zone, records):
                    loading.add(record.owner, record.type, record.ttl, record.rdata)
                views.put(loading.done())
            views.publish(views)
        self.responder = self._responder(self.plain)
        self.over_compiled = self._responder(self.compiled)

    def _responder(self, views: Views) -> Responder:
        def on_fault(stage: str, error: Exception) -> None:
            raise AssertionError(stage) from error

        stages: list[Stage] = [
            IdentityStage(version="", hostname=""),
            AuthoritativeStage(views, AuthMetrics()),
        ]
        clock = SystemClock()
        metrics = DnsMetrics(views)
        plan = Plan(stages, on_fault)
        return Responder(
            plan, metrics, clock, logging.getLogger("pair"), udp_payload_max=1232, nsid=NSID
        )

    def change(self, changes: list[Change]) -> None:
        """Do the same to both."""
        for views in (self.plain, self.compiled):
            touched = []
            for change in changes:
                view = views.find(change.origin)
                assert view is not None
                touched.append(view)
                if change.added:
                    view.add(change.owner, change.type, change.ttl, change.rdata)
                else:
                    view.remove(change.owner, change.type, change.rdata)
            views.publish(touched)

    def answers(self, message: bytes, transport: Transport) -> tuple[object, bytes | None]:
        """What Python says, and what the engine says (None: it is for Python)."""
        expected = self.responder.respond(message, ("127.0.0.1", 9), transport)
        return expected, self.engine.answer(message, transport is Transport.TCP)


def _in_order(zone: Zone, records: Sequence[Change]) -> list[Change]:
    """A zone's records as the store gives them: by owner in canonical order, and type."""
    origin = names.fold(names.from_text(zone.name))
    own = [record for record in records if record.origin == origin]
    return sorted(own, key=lambda record: (names.canonical_key(record.owner), record.type))
