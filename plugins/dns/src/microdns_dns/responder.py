"""From the octets of a message to the octets of its answer, whatever it came through.

This is the seam for the compiled engine: what the engine can't answer by itself it hands to a
``Responder``, and what it does answer must be what the responder would have said.
"""

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from struct import Struct
from typing import Final

from microdns.clock import Clock
from microdns_dns.dnstap import Exchange
from microdns_dns.logevents import ENCODE_FAILED
from microdns_dns.message import (
    Address,
    Drop,
    Kept,
    Query,
    Reply,
    Transport,
    encode,
    encode_kept,
    parse_query,
)
from microdns_dns.metrics import DnsMetrics
from microdns_dns.packets.stage import PacketStage
from microdns_dns.plan import Messages, Order, Pending, Plan
from microdns_dns.protection.guard import Guard
from microdns_dns.protocol import EdnsOption, Rcode
from microdns_dns.taps import Taps

_OPTION: Final = Struct("!HH")


class Late:
    """An answer that comes later: await ``octets`` once, or ``abandon`` it."""

    __slots__ = ("_began", "_pending", "_query", "_responder")

    def __init__(
        self, responder: "Responder", query: Query, pending: Pending, began: float
    ) -> None:
        self._responder = responder
        self._query = query
        self._pending = pending
        self._began = began

    async def octets(self) -> "bytes | Many | None":
        """The answer, or None if it is not to be sent; never raises.  Over UDP it is never many."""
        reply = await self._pending.reply()
        return self._responder.settle(self._query, reply, self._began)

    def abandon(self) -> None:
        """Nobody will await it."""
        self._pending.abandon()


class Many:
    """An answer of several messages: take ``octets`` once, and say ``close`` in the end."""

    def __init__(
        self, responder: "Responder", query: Query, messages: Messages, began: float
    ) -> None:
        self._responder = responder
        self._query = query
        self._messages = messages
        self._asked_ns = responder.moment_of(began)
        self._complete = False
        self.total_seconds = messages.total_seconds

    async def octets(self) -> AsyncGenerator[bytes, None]:
        """The messages, made one by one; raises what their stage raises."""
        continued = False
        async with aclosing(self._messages.replies) as replies:
            async for reply in replies:
                octets = self._responder.encoded(self._query, reply)
                self._responder.tell(self._query, octets, self._asked_ns, continued)
                continued = True
                yield octets
        self._complete = True
        self._responder.count(self._query, Rcode.NOERROR)

    def close(self) -> None:
        """It is over, whether all was sent or not."""
        self._messages.close(self._complete)


Response = bytes | Late | Many | None
"""Octets, now or later or in several messages, or nothing: the message gets no answer."""


class Responder:
    """Parses, runs the plan, encodes, counts.  ``plan`` may be replaced at any time."""

    def __init__(
        self,
        plan: Plan,
        metrics: DnsMetrics,
        clock: Clock,
        log: logging.Logger,
        *,
        udp_payload_max: int,
        nsid: str = "",
        answer_rotation: bool = False,
        guard: Guard | None = None,
        taps: Taps | None = None,
    ) -> None:
        self.plan = plan
        self.taps = taps or Taps()
        """Who sees what is answered."""
        self.bound: Address = ("", 0)
        """Where it answers, unless a message says more exactly."""
        self.packets: PacketStage | None = None
        """Keeps answers of this plan that may be kept."""
        self._guard = guard or Guard(clock, metrics)
        self._metrics = metrics
        self._clock = clock
        self._monotonic = clock.monotonic
        self._log = log
        self._udp_payload_max = udp_payload_max
        self._rotate = answer_rotation
        self._nsid = b""
        if nsid:
            self._nsid = _OPTION.pack(EdnsOption.NSID, len(nsid)) + nsid.encode()

    def respond(
        self,
        packet: bytes,
        client: Address,
        transport: Transport,
        local: Address | None = None,
    ) -> Response:
        """Answer one message; never raises.

        ``local`` is the address that was asked, if it is known better than by the listener's.
        """
        began = self._monotonic()
        if self._guard.denies(client[0]):
            return None
        query = parse_query(packet, client, transport)
        if isinstance(query, Drop):
            self._metrics.dropped[query].inc()
            return None
        query.local = local
        self._guard.check(query)
        reply = self.plan.run(query)
        if isinstance(reply, Reply):
            return self.finish(query, reply, began)
        if isinstance(reply, Messages):
            return self.settle(query, reply, began)
        return Late(self, query, reply, began)

    def finish(self, query: Query, reply: Reply, began: float) -> bytes | None:
        """Encode a reply and count it; ``began`` is when its query came (monotonic).

        None if its client has had too many.
        """
        metrics, transport = self._metrics, query.transport
        allowed = self._guard.limit(query, reply)
        if allowed is None:
            return None
        reply = allowed
        keeps = self.packets is not None and not reply.options
        if self._nsid and _wants_nsid(query):
            reply.options += self._nsid
        reply.options += query.cookie
        try:
            octets, truncated = self._encode(query, reply)
        except Exception as error:  # a reply that can't be written is a defect of its stage
            metrics.stage_failures.cell("encode").inc()
            ENCODE_FAILED(self._log, "an answer could not be written: %r", error, error=error)
            reply = Reply(Rcode.SERVFAIL)
            reply.options = query.cookie
            octets, truncated = self._encode(query, reply)
        if keeps and self.packets is not None:
            self.packets.keep(query, reply, octets)
        if truncated:
            metrics.truncated[transport].inc()
        metrics.count(transport, query.qtype, reply.rcode)
        metrics.samples.add(query.folded, query.client[0], query.qtype, reply.rcode)
        metrics.latency[transport].observe(self._monotonic() - began)
        if self.taps.tap is not None:
            self.tell(query, octets, self.moment_of(began))
        return octets

    def moment_of(self, began: float) -> int:
        """When it was by the wall clock that the monotonic one said so, in nanoseconds."""
        passed = self._monotonic() - began
        return self._clock.time_ns() - round(passed * 1e9)

    def tell(self, query: Query, octets: bytes, asked_ns: int, continued: bool = False) -> None:
        """Show a message and its answer to who taps, if anybody does."""
        for_client = query.answered_by >= Order.FORWARD
        local = query.local or self.bound
        self._tell(
            query.packet,
            octets,
            (query.client, local),
            query.transport,
            asked_ns,
            for_client=for_client,
            continued=continued,
        )

    def _tell(
        self,
        packet: bytes,
        octets: bytes,
        ends: tuple[Address, Address],
        transport: Transport,
        asked_ns: int,
        *,
        for_client: bool,
        continued: bool = False,
    ) -> None:
        if self.taps.tap is None:
            return
        now = max(self._clock.time_ns(), asked_ns)  # also where the clock was set back meanwhile
        self.taps.tap.note(
            Exchange(*ends, transport, packet, octets, asked_ns, now, for_client, continued)
        )

    def settle(self, query: Query, reply: Reply | Messages, began: float) -> Many | bytes | None:
        """What is sent of an answer that is there; several messages only over TCP."""
        if isinstance(reply, Reply):
            return self.finish(query, reply, began)
        if query.transport is Transport.TCP:
            return Many(self, query, reply, began)
        reply.close()
        return self.finish(query, Reply(Rcode.SERVFAIL), began)

    def encoded(self, query: Query, reply: Reply) -> bytes:
        """One message of several."""
        return self._encode(query, reply)[0]

    def count(self, query: Query, rcode: int) -> None:
        """Count a query that was answered in several messages."""
        self._metrics.count(query.transport, query.qtype, rcode)

    def _encode(self, query: Query, reply: Reply) -> tuple[bytes, bool]:
        size_max = query.reply_size_max(self._udp_payload_max)
        if isinstance(reply, Kept):
            return encode_kept(query, reply, size_max, self._udp_payload_max)
        rotation = query.id if self._rotate else 0
        return encode(query, reply, size_max, self._udp_payload_max, rotation)


def _wants_nsid(query: Query) -> bool:
    """RFC 5001 2.1: asked for, in a query that could be read."""
    edns = query.edns
    if edns is None or not edns.options or query.error is not None:
        return False
    return edns.option(EdnsOption.NSID) is not None
