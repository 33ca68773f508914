"""The query plan: who is asked for an answer, in which order.

Each stage gives a reply, None (the next one is asked), or something to await that ends in one of
the two.  A plan is put together once for each address that is listened on; running it is walking
a tuple.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable
from typing import Final, Protocol

from microdns_dns.message import Query, Reply
from microdns_dns.protocol import Rcode


class Messages:
    """An answer of several messages, as a transfer over TCP needs it (RFC 5936 2.2).

    ``replies`` are made as the client takes them, within ``total_seconds``; ``close`` is called
    once when it is over, however it ended, also when nothing was ever sent.
    """

    def __init__(
        self,
        replies: AsyncGenerator[Reply, None],
        total_seconds: float,
        closed: Callable[[bool], None],
    ) -> None:
        """``closed`` is told whether everything was sent."""
        self.replies = replies
        self.total_seconds = total_seconds
        self._closed: Callable[[bool], None] | None = closed

    def close(self, complete: bool = False) -> None:
        """It is over."""
        closed, self._closed = self._closed, None
        if closed is not None:
            closed(complete)


Outcome = Reply | Messages | Awaitable[Reply | None] | None
"""What a stage makes of a query; several messages only over TCP."""

OnFault = Callable[[str, Exception], None]
"""Told the stage's name and what it raised."""


class Order:
    """Where stages stand; plugins of others may use any number."""

    IDENTITY: Final = -100
    POLICY: Final = 0
    AUTHORITATIVE: Final = 100
    FORWARD: Final = 200
    RECURSE: Final = 300


class Stage(Protocol):
    """One who may answer.

    ``opcodes`` are those that it wants to see; all others are answered NOTIMP, unless another
    stage takes them.  ``answer`` is called for queries that are well formed, on the event loop,
    and must not block.  What it raises becomes SERVFAIL: a fault is never an empty answer.

    A stage should also have the method ``explain`` of ``microdns_dns.explaining.Explains``, which
    says what it would decide, and why, for ``query.explain``.
    """

    @property
    def name(self) -> str: ...

    @property
    def order(self) -> int: ...

    @property
    def opcodes(self) -> frozenset[int]: ...

    def answer(self, query: Query) -> Outcome: ...


class Pending:
    """An answer that comes later: await ``reply`` once, or ``abandon`` it."""

    __slots__ = ("_others", "_outcome", "_plan", "_query", "_stage")

    def __init__(
        self,
        plan: "Plan",
        query: Query,
        stage: Stage,
        outcome: Awaitable[Reply | None],
        others: tuple[Stage, ...],
    ) -> None:
        self._plan = plan
        self._query = query
        self._stage = stage
        self._outcome = outcome
        self._others = others

    async def reply(self) -> Reply | Messages:
        """What the stage says, or those after it if it says nothing; never raises."""
        try:
            reply = await self._outcome
        except Exception as error:
            return self._plan.fault(self._stage, error)
        if reply is not None:
            return reply
        following = self._plan.walk(self._query, self._others)
        return await following.reply() if isinstance(following, Pending) else following

    def abandon(self) -> None:
        """Nobody will await it."""
        if isinstance(self._outcome, Coroutine):
            self._outcome.close()


class Plan:
    """Stages in order, for one or more addresses."""

    def __init__(self, stages: Iterable[Stage], on_fault: OnFault) -> None:
        self.stages = tuple(sorted(stages, key=lambda stage: stage.order))
        self._on_fault = on_fault
        self._by_opcode: dict[int, tuple[Stage, ...]] = {
            opcode: tuple(stage for stage in self.stages if opcode in stage.opcodes)
            for opcode in frozenset().union(*(stage.opcodes for stage in self.stages))
        }

    def asked(self, opcode: int) -> tuple[Stage, ...]:
        """The stages that see messages with this opcode, in order."""
        return self._by_opcode.get(opcode, ())

    def run(self, query: Query) -> Reply | Messages | Pending:
        """The reply to a query, now or later; never raises."""
        if query.error is not None:
            return Reply(query.error)
        stages = self._by_opcode.get(query.opcode)
        if stages is None:
            return Reply(Rcode.NOTIMP)
        return self.walk(query, stages)

    def walk(self, query: Query, stages: tuple[Stage, ...]) -> Reply | Messages | Pending:
        """Ask these stages, one after the other."""
        for position, stage in enumerate(stages):
            try:
                outcome = stage.answer(query)
            except Exception as error:
                return self.fault(stage, error)
            if outcome is None:
                continue
            query.answered_by = stage.order
            if isinstance(outcome, Reply | Messages):
                return outcome
            return Pending(self, query, stage, outcome, stages[position + 1 :])
        return Reply(Rcode.REFUSED)

    def fault(self, stage: Stage, error: Exception) -> Reply:
        """What becomes of a query whose stage raised."""
        self._on_fault(stage.name, error)
        return Reply(Rcode.SERVFAIL)
