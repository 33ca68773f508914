"""The Python path and the engine, side by side over the same zones."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from plugins.dns.tests.engine.generated import Change

from microdns.clock import Clock, SystemClock
from microdns_auth.metrics import AuthMetrics
from microdns_auth.stage import AuthoritativeStage
from microdns_dns import names
from microdns_dns.engine.core import Engine
from microdns_dns.engine.guard import CompiledGuard
from microdns_dns.engine.view import CompiledViews
from microdns_dns.identity import IdentityStage
from microdns_dns.message import Transport
from microdns_dns.metrics import DnsMetrics
from microdns_dns.model import Zone
from microdns_dns.plan import Plan, Stage
from microdns_dns.protection.guard import Guard
from microdns_dns.protection.prefixes import octets_of
from microdns_dns.responder import Responder
from microdns_dns.view import Views

NSID = "differential"


@dataclass
class Guarding:
    """How both are guarded, the same secret of cookies included."""

    clock: Clock
    settings: dict[str, Any]
    rotation: bool = False

    def guard(self, metrics: DnsMetrics) -> Guard:
        return Guard(self.clock, metrics, **self.settings)


class Pair:
    """Zones in plain views, answered in Python, and in compiled ones, answered by the engine.

    The compiled ones are built as images from their first records, and changed after that.
    """

    def __init__(
        self, zones: list[Zone], records: Sequence[Change] = (), guarding: Guarding | None = None
    ) -> None:
        """With ``guarding``, both have a guard; its clock tells them the time."""
        self._rotation = guarding is not None and guarding.rotation
        self.engine = Engine(nsid=NSID.encode(), answer_rotation=self._rotation)
        self._clock = SystemClock() if guarding is None else guarding.clock
        self._guarding = guarding
        self.plain, self.compiled = Views(), CompiledViews(self.engine.zones)
        for views in (self.plain, self.compiled):
            for zone in zones:
                loading = views.load(zone)
                for record in _in_order(zone, records):
                    loading.add(record.owner, record.type, record.ttl, record.rdata)
                views.put(loading.done())
            views.publish(views)
        self.metrics = DnsMetrics(self.plain)
        self.responder = self._responder(self.plain)
        if guarding is not None:
            self.engine.protect(CompiledGuard(self._guard))
        self.over_compiled = self._responder(self.compiled)

    def _responder(self, views: Views) -> Responder:
        def on_fault(stage: str, error: Exception) -> None:
            raise AssertionError(stage) from error

        stages: list[Stage] = [
            IdentityStage(version="", hostname=""),
            AuthoritativeStage(views, AuthMetrics()),
        ]
        clock = self._clock
        metrics = self.metrics if views is self.plain else DnsMetrics(views)
        plan = Plan(stages, on_fault)
        guard = None
        if self._guarding is not None:
            guard = self._guard = self._guarding.guard(metrics)
        return Responder(
            plan,
            metrics,
            clock,
            logging.getLogger("pair"),
            udp_payload_max=1232,
            nsid=NSID,
            answer_rotation=self._rotation,
            guard=guard,
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

    def answers(
        self, message: bytes, transport: Transport, host: str = "127.0.0.1"
    ) -> tuple[object, bytes | None]:
        """What Python says, and what the engine says (None: it is for Python).

        With a guard, Python is asked only what the engine answers: both count what they see.
        """
        got = self.engine.answer(
            message,
            transport is Transport.TCP,
            client=octets_of(host),
            wall=self._clock.time_ns() // 1_000_000_000,
            second=int(self._clock.monotonic()),
        )
        if got is None and self._guarding is not None:
            return None, None
        expected = self.responder.respond(message, (host, 9), transport)
        return (expected or b"") if self._guarding is not None else expected, got


def _in_order(zone: Zone, records: Sequence[Change]) -> list[Change]:
    """A zone's records as the store gives them: by owner in canonical order, and type."""
    origin = names.fold(names.from_text(zone.name))
    own = [record for record in records if record.origin == origin]
    return sorted(own, key=lambda record: (names.canonical_key(record.owner), record.type))
