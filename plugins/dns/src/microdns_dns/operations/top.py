"""``query.top``: a live view of what is asked and answered."""

import sys
from collections.abc import AsyncIterator, Iterable
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from microdns.clock import Clock
from microdns.errors import Unavailable
from microdns.operations import Call, Cli, Operation
from microdns_dns.metrics import DnsMetrics
from microdns_dns.operations import samples
from microdns_dns.operations.base import DnsOperations
from microdns_dns.watching import Share, Top, Watching

_CLEAR: Final = "\x1b[H\x1b[2J"


class TopWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often, and how much of it."""

    seconds: Annotated[float, Meta(ge=0.1, le=60, description="Time between two looks.")] = 1.0
    limit: Annotated[int, Meta(ge=1, le=100, description="Names and clients to show.")] = 10
    once: Annotated[bool, Meta(description="One look, then end.")] = False


class TopOperations(DnsOperations):
    """The live view."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: tuple[DnsMetrics, Clock] | None = None

    def follow(self, metrics: DnsMetrics, clock: Clock) -> None:
        """Look at these from now on."""
        self._seen = metrics, clock

    def declare(self) -> list[Operation[Any, Any]]:
        return [
            Operation(
                name="query.top",
                summary="Show what is asked and answered right now, as it happens.",
                description="Rates are exact; names and clients are told from samples.",
                input=TopWanted,
                output=Top,
                handler=self.top,
                scope="queries:read",
                http="GET /top",
                sample=samples.QUERY_TOP,
                stream=True,
                cli=Cli(command="top", render=render_top),
            )
        ]

    async def top(self, call: Call, wanted: TopWanted) -> AsyncIterator[Top]:
        """Looks until the caller has seen enough."""
        if self._seen is None:
            raise Unavailable("the plugin has not started yet")
        metrics, clock = self._seen
        with metrics.samples.watched():
            watching = Watching(metrics, clock)
            while True:
                await clock.sleep(wanted.seconds)
                yield watching.next(wanted.limit, live=not wanted.once)
                if wanted.once:
                    return


def render_top(given: Any) -> str:
    """A screenful of what came as JSON; on a terminal each takes the place of the one before."""
    top = msgspec.convert(given, Top)
    lines = [
        f"{top.queries:,.0f} queries/s ({top.udp:,.0f} UDP, {top.tcp:,.0f} TCP)   "
        f"latency {top.latency_mean_us:,.0f} µs, p99 ≤ {top.latency_p99_us:,.0f} µs",
        f"cache hits {_percent(top.cache_hit_rate)}   to Python {top.upward:,.0f}/s   "
        f"dropped {top.dropped:,.0f}/s   limited {top.limited:,.0f}/s",
        "",
        "rcodes  " + _listed(top.rcodes),
        "types   " + _listed(top.types),
        "",
        *_table("NAME", top.names),
        "",
        *_table("CLIENT", top.clients),
    ]
    before = _CLEAR if top.live and sys.stdout.isatty() else ""
    return before + "\n".join(lines)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _listed(rates: dict[str, float]) -> str:
    return "  ".join(f"{name} {rate:,.0f}/s" for name, rate in rates.items()) or "none"


def _table(title: str, shares: Iterable[Share]) -> list[str]:
    head = f"{title:<48} {'SHARE':>7} {'QUERIES/S':>12}"
    rows = [f"{each.what[:48]:<48} {each.share:>7.1%} {each.per_second:>12,.0f}" for each in shares]
    return [head, *rows]
