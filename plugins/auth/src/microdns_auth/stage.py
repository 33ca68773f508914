"""The authoritative stage of the query plan."""

from microdns.events import Principal
from microdns_auth import explain
from microdns_auth.answer import answer
from microdns_auth.metrics import AuthMetrics
from microdns_dns.explaining import Decision, Explanation, Step
from microdns_dns.message import Query, Reply, Transport
from microdns_dns.plan import Order
from microdns_dns.protocol import Opcode, Rcode, RRClass, RRType
from microdns_dns.view import Views


class AuthoritativeStage:
    """Answers what is in the zones of this server, and leaves the rest to the stages after it."""

    name = "authoritative"
    order = Order.AUTHORITATIVE
    opcodes = frozenset({Opcode.QUERY})
    compiled = True
    """The engine says the same: where no stage comes before this one, it may answer instead."""

    def __init__(self, views: Views, metrics: AuthMetrics) -> None:
        self._views = views
        self._metrics = metrics

    def answer(self, query: Query) -> Reply | None:
        if query.qclass != RRClass.IN:
            return None
        if query.qtype in (RRType.AXFR, RRType.IXFR):
            return self._refuse_transfer(query)
        state, reply, zone = answer(query, self._views)
        if zone is None:
            return None
        self._metrics.count(zone.name, state)
        return reply

    def explain(self, query: Query, principal: Principal) -> Explanation:
        """What ``answer`` would say, and why."""
        if query.qclass != RRClass.IN:
            return Explanation(Decision.PASSES, (Step("class", "is for class IN"),))
        if query.qtype in (RRType.AXFR, RRType.IXFR):
            step = Step("transfer", "transfers are refused", "RFC 5936 section 2.2.1")
            reply = None if principal.limits else self._refuse_transfer(query)
            return Explanation(Decision.ANSWERS, (step,), reply)
        return explain.explain(query, self._views, principal)

    def _refuse_transfer(self, query: Query) -> Reply:
        """Nobody may transfer: REFUSED for our zones, NOTAUTH for other names (RFC 5936 2.2.1),
        NOTIMP for AXFR over UDP, which does not exist (4.2)."""
        if query.qtype == RRType.AXFR and query.transport is Transport.UDP:
            return Reply(Rcode.NOTIMP)
        zone = self._views.find(query.folded)
        ours = zone is not None and zone.origin == query.folded
        return Reply(Rcode.REFUSED if ours else Rcode.NOTAUTH)
