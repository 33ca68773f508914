"""Which engine answers, and why: decided once, when the plugin starts."""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from microdns.clock import Clock
from microdns.errors import Unavailable
from microdns.store import Store
from microdns_dns.config import DnsConfig
from microdns_dns.engine import reason_missing
from microdns_dns.metrics import DnsMetrics, ImageMetrics
from microdns_dns.view import Views

if TYPE_CHECKING:  # it may be missing
    from microdns_dns.engine.keeper import ImageKeeper
    from microdns_dns.engine.serving import EngineServing


@dataclass(frozen=True)
class Chosen:
    """What ``status`` shows, what is answered from, and how the engine is put to work."""

    shown: str
    views: Views
    serve: "Callable[[DnsMetrics], EngineServing | None]"
    keep: "Callable[[Store, Clock, logging.Logger, ImageMetrics], ImageKeeper | None]"
    """Makes who keeps the images of large zones."""


def choose_engine(config: DnsConfig) -> Chosen:
    """The engine that the configuration asks for; raises ``Unavailable`` when it is not there."""
    if config.engine == "python":
        return _python("chosen by dns.engine")
    reason = reason_missing()
    if not reason:
        return _compiled(config)
    if config.engine == "compiled":
        raise Unavailable(f"dns.engine asks for the compiled engine, but {reason}")
    return _python(f"no compiled engine: {reason}")


def _python(why: str) -> Chosen:
    return Chosen(f"python ({why})", Views(), lambda _: None, lambda *_: None)


def _compiled(config: DnsConfig) -> Chosen:
    from microdns_dns.engine.core import Engine
    from microdns_dns.engine.images import ZoneImages
    from microdns_dns.engine.keeper import ImageKeeper
    from microdns_dns.engine.serving import EngineCounts, EngineServing
    from microdns_dns.engine.view import CompiledViews

    engine = Engine(
        udp_payload_max=config.udp_payload_max,
        nsid=config.nsid.encode(),
        answer_rotation=config.answer_rotation,
    )
    threads = config.threads or len(os.sched_getaffinity(0))
    views = CompiledViews(engine.zones)

    def serve(metrics: DnsMetrics) -> EngineServing:
        counts = EngineCounts(engine, metrics)
        metrics.before_reading.append(counts.fold)
        views.answered_by_engine = counts.take_zones
        return EngineServing(
            engine,
            threads,
            counts,
            query_size_max=config.query_size_max,
            upward_max=config.upward_max,
        )

    def keep(store: Store, clock: Clock, log: logging.Logger, metrics: ImageMetrics) -> ImageKeeper:
        images = ZoneImages(store.folder("dns-images"))
        return ImageKeeper(images, views, store, clock, log, metrics)

    return Chosen(f"compiled ({threads} threads an address)", views, serve, keep)
