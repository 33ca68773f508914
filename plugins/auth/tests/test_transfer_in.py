"""Zones taken over from a primary: whole or not at all, within bounds."""

import asyncio
import base64
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import dns.message
import dns.name
import dns.rcode
import dns.renderer
import dns.rrset
import dns.tsig
import dns.zone
import pytest

from microdns.errors import Conflict, Denied, Invalid, MicroDNSError, TooLarge, Unavailable
from microdns.events import Principal
from microdns.lifecycle.kernel import Kernel
from microdns.operations import Call
from microdns.testing import run_kernel
from microdns_auth.plugin import AuthPlugin
from microdns_auth.transfer import incoming
from microdns_dns.repository import ZoneRepository

pytestmark = pytest.mark.anyio

CONFIG = """
[dns.auth]
enabled = true
listen = "127.0.0.1:0"
transfer_records_max = 5
transfer_bytes_max = 2000
"""
SOA = "example.com. 3600 IN SOA ns1.example.com. me.example.com. 7 2 3 4 5"
ROWS = (
    "example.com. 300 IN NS ns1.example.com.",
    "ns1.example.com. 300 IN A 192.0.2.1",
    'Text.example.com. 60 IN TXT "a" "b c"',
)
WHOLE = ((SOA, *ROWS), (SOA,))
SECRET = b"0123456789abcdef"

Message = tuple[str, ...]
Change = Callable[[dns.message.Message], None]


def messages_of(
    query: dns.message.Message, messages: tuple[Message, ...], change: Change | None = None
) -> list[bytes]:
    """Answers with these records, each message one."""
    made: list[bytes] = []
    context: Any = None
    for number, rows in enumerate(messages):
        answer = dns.message.make_response(query)
        for row in rows:
            name, ttl, kind, data = row.split(" ", 2)[0], 0, "", ""
            name, ttl_text, _, kind, data = row.split(" ", 4)
            ttl = int(ttl_text)
            answer.answer.append(dns.rrset.from_text(name, ttl, "IN", kind, data))
        if change is not None and number == 0:
            change(answer)
        made.append(answer.to_wire(multi=True, tsig_ctx=context))
        context = answer.tsig_ctx
    return made


@asynccontextmanager
async def primary(
    messages: tuple[Message, ...] = WHOLE,
    *,
    change: Change | None = None,
    keyring: Any = None,
    silent: bool = False,
) -> AsyncIterator[str]:
    """A primary that sends these messages; its address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size = int.from_bytes(await reader.readexactly(2), "big")
        query = dns.message.from_wire(await reader.readexactly(size), keyring=keyring)
        if keyring is False:
            query = dns.message.make_query("example.com", "AXFR", id=query.id)
        if not silent:
            for wire in messages_of(query, messages, change):
                writer.write(len(wire).to_bytes(2, "big") + wire)
        else:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


@pytest.fixture
async def kernel() -> AsyncIterator[Kernel]:
    async with run_kernel([AuthPlugin()], CONFIG) as running:
        yield running


async def transfer(kernel: Kernel, call: Call | None = None, /, **wanted: Any) -> Any:
    given = {"zone": "example.com", **wanted}
    return await kernel.operations.call("zone.transfer", given, call or Call())


async def test_a_zone_is_taken_over(kernel: Kernel) -> None:
    told: list[int] = []
    call = Call(progress=lambda done, total, what: told.append(done))
    async with primary() as at:
        done = await transfer(kernel, call, primary=at)
    assert (done.zone, done.created, done.added, done.serial) == ("example.com", True, 3, 7)
    repository = kernel.services.require(ZoneRepository)
    zone = repository.zone("example.com")
    assert (zone.source, zone.origin) == ("transfer", at)
    records = list(repository.records("example.com"))
    assert {record.name for record in records} == {"@", "ns1", "Text"}
    assert {record.source for record in records} == {"transfer"}
    assert told[:2] == [3, 3]


async def test_taken_over_again_only_what_differs_changes(kernel: Kernel) -> None:
    async with primary() as at:
        await transfer(kernel, primary=at)
    later = SOA.replace(" 7 ", " 9 ")
    async with primary(((later, *ROWS[:2], later),)) as at:
        rehearsed = await transfer(kernel, Call(dry_run=True), primary=at)
        assert rehearsed.diff == ['- Text 60 IN TXT "a" "b c"']
        done = await transfer(kernel, primary=at)
    assert (done.added, done.changed, done.removed, done.kept, done.serial) == (0, 0, 1, 2, 9)


OUTSIDE = "host.example.net. 300 IN A 192.0.2.1"
LONG = tuple(f"h{number}.example.com. 300 IN A 192.0.2.1" for number in range(6))
TEXT = f'"{"x" * 255}"'
TEXTS = tuple(f"t{number}.example.com. 300 IN TXT {TEXT} {TEXT} {TEXT}" for number in range(5))


def other_id(message: dns.message.Message) -> None:
    message.id ^= 1


def refused(message: dns.message.Message) -> None:
    message.set_rcode(dns.rcode.REFUSED)


@pytest.mark.parametrize(
    ("messages", "change", "error", "words"),
    [
        (((SOA, *ROWS),), None, Conflict, "before it was complete"),
        ((ROWS,), None, Conflict, "not the SOA"),
        (((SOA, *ROWS, SOA.replace(" 7 ", " 8 ")),), None, Conflict, "changed during"),
        (((SOA, OUTSIDE, SOA),), None, Conflict, "outside of"),
        (((SOA.replace("example.com. 3", "example.net. 3"),),), None, Conflict, "SOA is of"),
        (((SOA, SOA, *ROWS),), None, Conflict, "after the end"),
        (((SOA,), (), (SOA,)), None, Conflict, "without records"),
        (((),), None, Conflict, "without records"),
        (((SOA, *LONG, SOA),), None, TooLarge, "more than 5 records"),
        (tuple((SOA, each) for each in TEXTS), None, TooLarge, "2000 octets"),
        (WHOLE, other_id, Conflict, "another query"),
        (WHOLE, refused, Conflict, "REFUSED"),
    ],
)
async def test_what_is_no_whole_zone_changes_nothing(
    kernel: Kernel,
    messages: tuple[Message, ...],
    change: Change | None,
    error: type[MicroDNSError],
    words: str,
) -> None:
    if error is TooLarge and "octets" in words:
        messages = tuple((row,) for row in (SOA, *TEXTS[:4], *ROWS, SOA))
    async with primary(messages, change=change) as at:
        with pytest.raises(error, match=words):
            await transfer(kernel, primary=at)
    assert (await kernel.operations.call("zone.list", {}, Call())).total == 0


async def test_garbage_is_refused(kernel: Kernel) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(2)
        writer.write(b"\0\x14" + b"\xff" * 20)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    at = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    with pytest.raises(Conflict, match="can't be taken"):
        await transfer(kernel, primary=at)
    server.close()


async def test_a_primary_that_is_not_there_or_silent(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as held:  # it is bound, so nobody else gets the port, and not listening
        held.bind(("127.0.0.1", 0))
        with pytest.raises(Unavailable, match="the primary 127"):
            await transfer(kernel, primary=f"127.0.0.1:{held.getsockname()[1]}")
    monkeypatch.setattr(incoming, "SILENCE_SECONDS", 0.05)
    async with primary(silent=True) as at:
        with pytest.raises(Unavailable, match="longer than it may"):
            await transfer(kernel, primary=at)


async def test_signed_transfers(kernel: Kernel) -> None:
    key = dns.tsig.Key("key.example", SECRET, "hmac-sha256")
    tsig = {"name": "key.example", "secret": base64.b64encode(SECRET).decode()}
    async with primary(keyring={key.name: key}) as at:
        done = await transfer(kernel, primary=at, tsig=tsig)
    assert done.added == 3
    async with primary(keyring=False) as at:  # answers without a signature
        with pytest.raises(Conflict, match="did not sign"):
            await transfer(kernel, primary=at, tsig=tsig)


async def test_an_end_that_is_not_signed_does_not_count(kernel: Kernel) -> None:
    key = dns.tsig.Key("key.example", SECRET, "hmac-sha256")
    tsig = {"name": "key.example", "secret": base64.b64encode(SECRET).decode()}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size = int.from_bytes(await reader.readexactly(2), "big")
        query = dns.message.from_wire(await reader.readexactly(size), keyring={key.name: key})
        plain = dns.message.make_query("example.com", "AXFR", id=query.id)
        (signed, _), (_, unsigned) = messages_of(query, WHOLE), messages_of(plain, WHOLE)
        for wire in (signed, unsigned):
            writer.write(len(wire).to_bytes(2, "big") + wire)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    at = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    with pytest.raises(Conflict, match="did not sign"):
        await transfer(kernel, primary=at, tsig=tsig)
    server.close()


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ({"primary": "ns1.example.com"}, "primary"),
        ({"primary": "127.0.0.1:0"}, "primary"),
        ({"primary": "::1:x"}, "primary"),
        ({"primary": "127.0.0.1", "zone": "a b"}, "name"),
        ({"primary": "127.0.0.1", "tsig": {"name": "k", "secret": "!"}}, "tsig.secret"),
        ({"primary": "127.0.0.1", "tsig": {"name": "a..b", "secret": "aa=="}}, "tsig.name"),
    ],
)
async def test_wrong_questions_are_refused(
    kernel: Kernel, wanted: dict[str, Any], path: str
) -> None:
    with pytest.raises(Invalid) as caught:
        await transfer(kernel, **wanted)
    assert caught.value.problems[0].path == path


async def test_only_primaries_within_the_networks_are_asked() -> None:
    config = CONFIG + 'transfer_primaries = ["192.0.2.0/24"]\n'
    async with run_kernel([AuthPlugin()], config) as kernel, primary() as at:
        with pytest.raises(Denied):
            await transfer(kernel, primary=at)


async def test_a_limited_key_takes_over_its_own_zones_only(kernel: Kernel) -> None:
    limited = Principal("me", limits={"zone": ("other.example",)})
    async with primary() as at:
        with pytest.raises(Denied):
            await transfer(kernel, Call(limited), primary=at)
