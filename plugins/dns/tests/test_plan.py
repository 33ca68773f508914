"""The plan: who is asked, and what a fault becomes."""

from collections.abc import AsyncGenerator

import anyio
import anyio.lowlevel
import dns.message
import pytest
from plugins.dns.tests.stages import FailingStage, FixedStage, LateStage, SilentStage

from microdns_dns.message import Query, Reply, parse_query
from microdns_dns.plan import Messages, Outcome, Pending, Plan, Stage
from microdns_dns.protocol import Opcode, Rcode

pytestmark = pytest.mark.anyio


def a_query(opcode: int = Opcode.QUERY, size: int | None = None) -> Query:
    packet = bytearray(dns.message.make_query("www.example.com", "A", id=1).to_wire())
    packet[2] |= opcode << 3
    query = parse_query(bytes(packet[:size]))
    assert isinstance(query, Query)
    return query


class Running:
    """A plan, and the faults that it told."""

    def __init__(self, *stages: Stage) -> None:
        self.faults: list[tuple[str, str]] = []
        self.plan = Plan(stages, lambda stage, error: self.faults.append((stage, str(error))))

    async def reply(self, query: Query | None = None) -> Reply:
        outcome = self.plan.run(query or a_query())
        reply = await outcome.reply() if isinstance(outcome, Pending) else outcome
        assert isinstance(reply, Reply)
        return reply


async def awaited(pending: Pending) -> Reply:
    reply = await pending.reply()
    assert isinstance(reply, Reply)
    return reply


async def test_stages_are_asked_in_order_until_one_answers() -> None:
    first, second, third = SilentStage(order=0), FixedStage(order=1), FixedStage(order=2)
    reply = await Running(third, second, first).reply()
    assert reply.answer
    assert [len(stage.asked) for stage in (first, second, third)] == [1, 1, 0]


async def test_nobody_answers_is_refused() -> None:
    assert (await Running(SilentStage()).reply()).rcode == Rcode.REFUSED


@pytest.mark.parametrize("opcode", [1, 2, 3, 4, 5, 15])
async def test_opcodes_that_no_stage_takes_are_not_implemented(opcode: int) -> None:
    stage = FixedStage()
    assert (await Running(stage).reply(a_query(opcode))).rcode == Rcode.NOTIMP
    assert stage.asked == []


async def test_a_stage_sees_only_the_opcodes_that_it_takes() -> None:
    notified = FixedStage()
    notified.opcodes = frozenset({Opcode.NOTIFY})
    queried = FixedStage()
    await Running(notified, queried).reply(a_query(Opcode.NOTIFY))
    assert (len(notified.asked), len(queried.asked)) == (1, 0)


async def test_malformed_queries_reach_no_stage() -> None:
    stage = FixedStage()
    assert (await Running(stage).reply(a_query(size=20))).rcode == Rcode.FORMERR
    assert stage.asked == []


async def test_a_fault_is_servfail_and_told_and_asks_nobody_else() -> None:
    after = FixedStage(order=200)
    running = Running(FailingStage(), after)
    assert (await running.reply()).rcode == Rcode.SERVFAIL
    assert running.faults == [("failing", "a defect")]
    assert after.asked == []


async def test_a_late_answer_is_awaited() -> None:
    late = LateStage()
    outcome = Running(late).plan.run(a_query())
    assert isinstance(outcome, Pending)
    async with anyio.create_task_group() as tasks:

        async def check() -> None:
            assert (await awaited(outcome)).answer

        tasks.start_soon(check)
        late.release(1)


async def test_a_late_stage_may_leave_the_query_to_the_next_ones() -> None:
    late, later, last = LateStage(order=1), LateStage(order=2), FixedStage(order=3)
    running = Running(late, later, last)
    outcome = running.plan.run(a_query())
    assert isinstance(outcome, Pending)
    late.pass_on(1)
    async with anyio.create_task_group() as tasks:

        async def check() -> None:
            assert (await awaited(outcome)).answer

        tasks.start_soon(check)
        await anyio.lowlevel.checkpoint()
        later.pass_on(1)
    assert len(last.asked) == 1


async def test_a_late_fault_is_servfail_too() -> None:
    late = LateStage()
    running = Running(late)
    outcome = running.plan.run(a_query())
    assert isinstance(outcome, Pending)
    late.fail(1)
    assert (await awaited(outcome)).rcode == Rcode.SERVFAIL
    assert running.faults == [("late", "a late defect")]


async def test_a_reply_that_nobody_awaits_is_abandoned_without_a_warning() -> None:
    class Asynchronous(FixedStage):
        def answer(self, query: Query) -> Outcome:
            return self._later()

        async def _later(self) -> Reply:
            return Reply()

    outcome = Running(Asynchronous()).plan.run(a_query())
    assert isinstance(outcome, Pending)
    outcome.abandon()


async def test_several_messages_may_come_after_an_awaited_stage() -> None:
    async def replies() -> AsyncGenerator[Reply, None]:
        yield Reply()

    ended: list[bool] = []
    several = FixedStage(Messages(replies(), 1, ended.append), order=200)
    late = LateStage()
    pending = Running(late, several).plan.run(a_query())
    assert isinstance(pending, Pending)
    late.pass_on(1)
    found = await pending.reply()
    assert isinstance(found, Messages)
    found.close()
    assert ended == [False]
