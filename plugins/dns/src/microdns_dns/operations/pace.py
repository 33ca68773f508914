"""``query.stats``: how many queries come, and how they are answered."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from microdns.errors import Unavailable
from microdns.operations import Call, Cli, Operation
from microdns_dns.operations import samples
from microdns_dns.operations.base import DnsOperations
from microdns_dns.pace import INTERVAL_SECONDS, Pace, Point


class StatsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which intervals to show."""

    after: Annotated[int, Meta(ge=0, description="Only those after this number.")] = 0


class QueryStats(msgspec.Struct, frozen=True):
    """Queries answered since the start, and what came in the last intervals, oldest first."""

    total: int
    interval_seconds: float
    points: list[Point]


class PaceOperations(DnsOperations):
    """Handler of ``query.stats``."""

    def __init__(self) -> None:
        super().__init__()
        self._pace: Pace | None = None

    def measure(self, pace: Pace | None) -> None:
        """Tell from this one from now on."""
        self._pace = pace

    def declare(self) -> list[Operation[Any, Any]]:
        """The operation, for every interface."""
        return [
            Operation(
                name="query.stats",
                summary="Show how many queries come, and how they are answered.",
                description="For each five seconds of the last hour: queries per second, in all "
                "and by rcode, messages that got no answer, and the latency of half of the "
                "answers, of 95 % and of 99 %.",
                input=StatsQuery,
                output=QueryStats,
                handler=self.stats,
                scope="stats:read",
                http="GET /stats/queries",
                sample=samples.QUERY_STATS,
                cli=Cli(render=render),
                examples=("microdns query stats",),
            )
        ]

    async def stats(self, _call: Call, wanted: StatsQuery) -> QueryStats:
        if self._pace is None:
            raise Unavailable("nothing is counted yet")
        return QueryStats(self._pace.total(), INTERVAL_SECONDS, self._pace.points(wanted.after))


def render(stats: Mapping[str, Any]) -> str:
    """The last minute for people."""
    lines = [f"{stats['total']} queries answered since the start"]
    for point in stats["points"][-12:]:
        rcodes = ", ".join(f"{name} {rate:.1f}" for name, rate in sorted(point["rcodes"].items()))
        latency = point["latency_p99"]
        within = "" if latency is None else f", 99 % within {latency * 1000:.3g} ms"
        lines.append(f"{point['queries']:.1f}/s ({rcodes or 'none'}){within}")
    return "\n".join(lines)
