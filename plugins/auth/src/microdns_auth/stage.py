"""The authoritative stage of the query plan."""

from microdns.events import Principal
from microdns_auth import explain
from microdns_auth.answer import answer
from microdns_auth.metrics import AuthMetrics
from microdns_auth.transfer.out import TransfersOut, refuse
from microdns_dns.explaining import Decision, Explanation, Step
from microdns_dns.message import Query, Reply
from microdns_dns.plan import Messages, Order
from microdns_dns.protocol import Opcode, RRClass, RRType
from microdns_dns.view import Views, ZoneView


class AuthoritativeStage:
    """Answers what is in the zones of this server, and leaves the rest to the stages after it."""

    name = "authoritative"
    order = Order.AUTHORITATIVE
    opcodes = frozenset({Opcode.QUERY})
    compiled = True
    """The engine says the same: where no stage comes before this one, it may answer instead."""

    def __init__(
        self, views: Views, metrics: AuthMetrics, transfers: TransfersOut | None = None
    ) -> None:
        """Without ``transfers``, nobody may transfer."""
        self._views = views
        self._metrics = metrics
        self._transfers = transfers

    def answer(self, query: Query) -> Reply | Messages | None:
        if query.qclass != RRClass.IN:
            return None
        if query.qtype in (RRType.AXFR, RRType.IXFR):
            return self._transfer(query, self._views.find(query.folded))
        state, reply, zone = answer(query, self._views)
        if zone is None:
            return None
        self._metrics.count(zone.name, state)
        return reply

    def _transfer(self, query: Query, zone: ZoneView | None) -> Reply | Messages:
        if self._transfers is None:
            return refuse(query, zone)
        return self._transfers.answer(query, zone)

    def explain(self, query: Query, principal: Principal) -> Explanation:
        """What ``answer`` would say, and why."""
        if query.qclass != RRClass.IN:
            return Explanation(Decision.PASSES, (Step("class", "is for class IN"),))
        if query.qtype in (RRType.AXFR, RRType.IXFR):
            return explain.explain_transfer(query, self._views, principal, self._transfers)
        return explain.explain(query, self._views, principal)
