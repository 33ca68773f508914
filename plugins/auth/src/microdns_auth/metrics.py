"""What authoritative answering counts."""

from collections.abc import Iterator

from microdns.metrics import MetricSet, Sample
from microdns_auth.answer import State
from microdns_dns.view import Views

ZONES_MAX = 200
"""Zones that are counted under their own name; further ones are counted as ``other``."""

TRANSFER_OUTCOMES = ("sent", "unchanged", "refused", "busy", "broken")
"""``unchanged`` is an IXFR that was answered with the SOA alone."""


class AuthMetrics(MetricSet):
    """Queries by zone and by how they came out."""

    def __init__(self, views: Views | None = None) -> None:
        """``views`` tell what was answered from them without the stage."""
        super().__init__()
        self._views = views
        self._counts: dict[str, dict[State, int]] = {}
        self.counter(
            "microdns_auth_queries_total",
            "Queries answered, by the zone that the name asked for is in, and how it came out.",
            ["zone", "state"],
        ).read_with(self._read)
        transfers = self.counter(
            "microdns_auth_transfers_total",
            "Zone transfers to others that were asked for, by how they came out.",
            ["outcome"],
        )
        self.transfers = {outcome: transfers.cell(outcome) for outcome in TRANSFER_OUTCOMES}

    def count(self, zone: str, state: State, queries: int = 1) -> None:
        """Count a query, or several alike."""
        counts = self._counts.get(zone)
        if counts is None:
            counts = self._counts.setdefault(zone if len(self._counts) < ZONES_MAX else "other", {})
        counts[state] = counts.get(state, 0) + queries

    def _read(self) -> Iterator[Sample]:
        for name, outcome, queries in () if self._views is None else self._views.take_answered():
            self.count(name, State(outcome), queries)
        for zone, counts in list(self._counts.items()):
            for state, count in list(counts.items()):
                yield Sample((zone, state.value), count)
