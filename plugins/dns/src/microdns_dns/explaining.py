"""How a query would come out, and why: the plan's stages asked to explain themselves.

A stage that has a method ``explain`` beside ``answer`` (see ``Explains``) says what it would
decide, without deciding it: it counts nothing, keeps nothing, and asks no other server.  One that
has none is asked as a client would ask it.
"""

import enum
import inspect
from collections.abc import Awaitable
from typing import Final, Protocol, cast

import anyio
import msgspec

from microdns.events import Principal
from microdns_dns.message import Query, Reply
from microdns_dns.plan import Messages, Plan, Stage
from microdns_dns.protocol import Opcode, Rcode
from microdns_dns.rrset import RRset

ANSWER_SECONDS: Final = 5.0
"""How long an answer is awaited that a stage gets from elsewhere."""


class Decision(enum.StrEnum):
    """What a stage makes of the query."""

    ANSWERS = "answers"
    """With its reply, the plan ends."""
    PASSES = "passes"
    """The next stage is asked."""
    ELSEWHERE = "asks elsewhere"
    """Another server would be asked: what it says is not known here."""
    DROPS = "drops"
    """The client gets no answer."""
    FAILS = "fails"
    """The stage raised: SERVFAIL."""
    HIDDEN = "hidden"
    """What it does lies outside of what the caller may see."""


class Step(msgspec.Struct, frozen=True):
    """One step within a stage: a stable word for it, a sentence, the section it follows."""

    state: str
    text: str
    rfc: str = ""
    zone: str = ""


class Found(msgspec.Struct, frozen=True):
    """An RRset of the reply, and where its records are kept.

    ``owner`` is as the reply shows it; ``stored`` is the owner (folded wire) of the records in the
    zone ``zone_id``, another one where a wildcard stands in; empty where there are none, as for a
    CNAME that was made from a DNAME.
    """

    section: str
    owner: bytes
    rrset: RRset
    zone_id: str = ""
    stored: bytes = b""


class Explanation(msgspec.Struct, frozen=True):
    """What a stage would decide, step by step."""

    decision: Decision
    steps: tuple[Step, ...] = ()
    reply: Reply | None = None
    """What it would answer, where that is known."""
    found: tuple[Found, ...] = ()


class Explains(Protocol):
    """The second half of a ``Stage``, for those who explain themselves.

    ``principal`` is who wants to know: what lies outside of its limits must not show.  Called on
    the event loop; it may return something to await, and changes nothing.
    """

    def explain(
        self, query: Query, principal: Principal
    ) -> Explanation | Awaitable[Explanation]: ...


class StageExplained(msgspec.Struct, frozen=True):
    """A stage's name and place in the plan, and what it would do."""

    name: str
    order: int
    explanation: Explanation


async def explain(plan: Plan, query: Query, principal: Principal) -> list[StageExplained]:
    """The stages that would be asked, in order; the last one ends the query, or none does."""
    explained: list[StageExplained] = []
    for stage in plan.asked(Opcode.QUERY):
        try:
            explanation = await _of(stage, query, principal)
        except Exception as error:
            plan.fault(stage, error)
            text = "it failed: the log says how"
            explanation = Explanation(
                Decision.FAILS, (Step("failure", text),), Reply(Rcode.SERVFAIL)
            )
        explained.append(StageExplained(stage.name, stage.order, explanation))
        if explanation.decision is not Decision.PASSES:
            break
    return explained


async def _of(stage: Stage, query: Query, principal: Principal) -> Explanation:
    if not hasattr(stage, "explain"):
        return await _tried(stage, query, principal)
    explanation = cast(Explains, stage).explain(query, principal)
    return await explanation if inspect.isawaitable(explanation) else explanation


async def _tried(stage: Stage, query: Query, principal: Principal) -> Explanation:
    """A stage that does not explain itself is asked; what it says tells too much to some."""
    if principal.limits:
        return Explanation(Decision.HIDDEN, (Step("untold", "does not explain itself"),))
    outcome = stage.answer(query)
    if isinstance(outcome, Messages):
        outcome.close()
        return Explanation(Decision.ANSWERS, (Step("messages", "answers in several messages"),))
    if outcome is not None and not isinstance(outcome, Reply):
        try:
            with anyio.fail_after(ANSWER_SECONDS):
                outcome = await outcome
        except TimeoutError:
            text = f"no answer within {ANSWER_SECONDS:g} seconds"
            return Explanation(Decision.ELSEWHERE, (Step("late", text),))
    if outcome is None:
        return Explanation(Decision.PASSES, (Step("asked", "leaves it to the next stage"),))
    found = tuple(
        Found(section, owner, rrset)
        for section in ("answer", "authority", "glue", "additional")
        for owner, rrset in getattr(outcome, section)
    )
    step = Step("asked", "answers; it does not explain itself, so it was asked as by a client")
    return Explanation(Decision.ANSWERS, (step,), outcome, found)
