"""``query.explain``: the stages of a plan say what they would decide."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from plugins.dns.tests.stages import FailingStage, FixedStage, LateStage, SilentStage, an_answer

from microdns.errors import Invalid, Unavailable
from microdns.events import Principal
from microdns.lifecycle.kernel import Kernel
from microdns.operations import Call
from microdns.testing import run_kernel
from microdns.testing.check import check_operation
from microdns_dns import explaining
from microdns_dns.explaining import Decision, Explanation, Step
from microdns_dns.listeners import Listeners
from microdns_dns.message import Query, Reply
from microdns_dns.operations import ExplainOperations
from microdns_dns.operations.explain import render
from microdns_dns.plan import Outcome, Stage
from microdns_dns.plugin import DnsPlugin
from microdns_dns.protocol import Rcode

pytestmark = pytest.mark.anyio

LIMITED = Principal("limited", limits={"zone": ("example.com",)})


@pytest.fixture
async def kernel() -> AsyncIterator[Kernel]:
    async with run_kernel([DnsPlugin()]) as running:
        yield running


async def explain(
    kernel: Kernel, *stages: Stage, principal: Principal | None = None, **wanted: Any
) -> Any:
    listeners = kernel.services.require(Listeners)
    listening = [await listeners.listen([("127.0.0.1", 53)], stage) for stage in stages]
    try:
        call = Call() if principal is None else Call(principal)
        return await kernel.operations.call(
            "query.explain", {"name": "www.example.com", **wanted}, call
        )
    finally:
        for each in listening:
            await each.close()


class Blocking(FixedStage):
    """A stage of a third party that explains itself."""

    name = "blocking"

    def explain(self, query: Query, principal: Principal) -> Explanation:
        step = Step("blocked", f"{query.client[0]} may not ask", "RFC 8914 section 4.16")
        return Explanation(Decision.ANSWERS, (step,), Reply(Rcode.REFUSED))


class Forwarding(FixedStage):
    """A stage that asks another server, and says which without asking it."""

    name = "forwarding"

    async def explain(self, query: Query, principal: Principal) -> Explanation:
        return Explanation(Decision.ELSEWHERE, (Step("forward", "to 192.0.2.53"),))


def test_the_operation_can_be_projected() -> None:
    for operation in ExplainOperations().declare():
        check_operation(operation)


async def test_a_stage_explains_itself_and_is_not_asked(kernel: Kernel) -> None:
    stage = Blocking(order=5)
    told = await explain(kernel, SilentStage(order=1), stage, client="192.0.2.7", transport="tcp")
    assert [(each.name, each.order, each.decision) for each in told.stages] == [
        ("identity", -100, "passes"),
        ("silent", 1, "passes"),
        ("blocking", 5, "answers"),
    ]
    assert told.stages[2].steps[0].text == "192.0.2.7 may not ask"
    assert (told.rcode, told.flags, told.answered_by) == ("REFUSED", ["qr", "rd"], "python")
    assert not stage.asked
    assert "blocked: 192.0.2.7 may not ask (RFC 8914 section 4.16)" in render_of(told)


def render_of(told: Any) -> str:
    return render(msgspec.to_builtins(told))


async def test_what_another_server_would_say_is_not_known(kernel: Kernel) -> None:
    told = await explain(kernel, Forwarding(), FixedStage(order=300))
    assert told.stages[-1].decision == "asks elsewhere"
    assert told.rcode is None
    assert told.flags is None
    assert "forward: to 192.0.2.53" in render_of(told)


async def test_a_stage_that_does_not_explain_itself_is_asked(kernel: Kernel) -> None:
    stage = FixedStage()
    told = await explain(kernel, stage)
    assert len(stage.asked) == 1
    assert told.rcode == "NOERROR"
    assert told.flags == ["qr", "aa", "rd"]
    assert [(each.name, each.data) for each in told.rrsets] == [("www.example.com", ["192.0.2.1"])]
    assert told.octets > 40


class Slow(FixedStage):
    """Answers after a turn of the loop."""

    def answer(self, query: Query) -> Outcome:
        async def later() -> Reply:
            await asyncio.sleep(0)
            return an_answer(query)

        return later()


async def test_one_that_answers_late_is_awaited(kernel: Kernel) -> None:
    assert (await explain(kernel, Slow())).rcode == "NOERROR"


async def test_but_not_for_ever(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explaining, "ANSWER_SECONDS", 0.01)
    told = await explain(kernel, LateStage())
    assert told.stages[-1].decision == "asks elsewhere"


async def test_whoever_has_limits_is_not_told_what_no_stage_explains(kernel: Kernel) -> None:
    stage = FixedStage()
    told = await explain(kernel, stage, principal=LIMITED)
    assert not stage.asked
    assert told.stages[-1].decision == "hidden"
    assert (told.rcode, told.rrsets, told.answered_by) == (None, [], None)
    assert told.limited


async def test_a_stage_that_fails_is_shown_to_fail(kernel: Kernel) -> None:
    told = await explain(kernel, FailingStage())
    assert told.rcode == "SERVFAIL"
    assert told.stages[-1].decision == "fails"
    assert "a defect" not in render_of(told)


async def test_when_every_stage_passes_the_answer_is_refused(kernel: Kernel) -> None:
    told = await explain(kernel, SilentStage())
    assert told.rcode == "REFUSED"


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ({"name": "a..b"}, "name"),
        ({"type": "NONSENSE"}, "type"),
        ({"type": "OPT", "client": "nobody"}, "client"),
        ({"address": "192.0.2.1:53"}, "address"),
        ({"transport": "doh"}, "transport"),
    ],
)
async def test_wrong_questions_are_refused(
    kernel: Kernel, wanted: dict[str, Any], path: str
) -> None:
    with pytest.raises(Invalid) as caught:
        await explain(kernel, SilentStage(), **wanted)
    assert caught.value.problems[0].path == path


async def test_without_listeners_there_is_no_plan(kernel: Kernel) -> None:
    with pytest.raises(Unavailable):
        await explain(kernel)
