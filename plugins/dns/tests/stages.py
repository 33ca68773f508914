"""Stages for tests: they answer at once, later, never, or with an exception."""

import asyncio
import logging

from microdns.clock import Clock
from microdns_dns.message import Query, Reply
from microdns_dns.metrics import DnsMetrics
from microdns_dns.plan import Outcome, Plan, Stage
from microdns_dns.protection.guard import Guard
from microdns_dns.protocol import Opcode, RRType
from microdns_dns.responder import Responder
from microdns_dns.rrset import RRset
from microdns_dns.view import Views


class FixedStage:
    """Answers every query with one address, or with what it is given."""

    name = "fixed"
    opcodes = frozenset({Opcode.QUERY})

    def __init__(self, outcome: Outcome = None, *, order: int = 100, octets: int = 4) -> None:
        self.order = order
        self.asked: list[Query] = []
        self._outcome = outcome
        self._octets = octets

    def answer(self, query: Query) -> Outcome:
        self.asked.append(query)
        if self._outcome is not None:
            return self._outcome
        return an_answer(query, self._octets)


class SilentStage(FixedStage):
    """Leaves every query to the next one."""

    name = "silent"

    def answer(self, query: Query) -> Outcome:
        self.asked.append(query)
        return None


class FailingStage(FixedStage):
    """Has a defect."""

    name = "failing"

    def answer(self, query: Query) -> Outcome:
        raise RuntimeError("a defect")


class LateStage(FixedStage):
    """Answers when told to, by ``release(id of the query)``."""

    name = "late"

    def __init__(self, *, order: int = 100) -> None:
        super().__init__(order=order)
        self.waiting: dict[int, asyncio.Future[Reply | None]] = {}

    def answer(self, query: Query) -> Outcome:
        self.asked.append(query)
        waiting: asyncio.Future[Reply | None] = asyncio.get_running_loop().create_future()
        self.waiting[query.id] = waiting
        return waiting

    def release(self, id: int) -> None:
        query = next(query for query in self.asked if query.id == id)
        self.waiting.pop(id).set_result(an_answer(query))

    def pass_on(self, id: int) -> None:
        self.waiting.pop(id).set_result(None)

    def fail(self, id: int) -> None:
        self.waiting.pop(id).set_exception(RuntimeError("a late defect"))


def an_answer(query: Query, octets: int = 4) -> Reply:
    reply = Reply(aa=True)
    rrtype = RRType.A if octets == 4 else 65280
    reply.answer.append((query.qname, RRset(rrtype, 300, (b"\xc0\0\2\1".ljust(octets, b"x"),))))
    return reply


def a_responder(
    stages: list[Stage],
    clock: Clock,
    *,
    nsid: str = "",
    metrics: DnsMetrics | None = None,
    guard: Guard | None = None,
) -> tuple[Responder, DnsMetrics]:
    """A responder over these stages, and what it counts; faults are counted under ``faults``."""
    metrics = metrics or DnsMetrics(Views())
    cell = metrics.stage_failures.cell
    plan = Plan(stages, lambda stage, error: cell(stage).inc())
    log = logging.getLogger("tests.dns")
    responder = Responder(plan, metrics, clock, log, udp_payload_max=1232, nsid=nsid, guard=guard)
    return responder, metrics
