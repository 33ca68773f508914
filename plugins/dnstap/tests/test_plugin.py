"""The plugin in a kernel: what is answered is told, whatever the reader does."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from plugins.dnstap.tests.reader import SECONDS_MAX, Reader

from microdns.errors import Conflict
from microdns.lifecycle.kernel import Kernel
from microdns.testing import check_plugin, run_kernel
from microdns_dns.listeners import Listeners
from microdns_dns.message import Query, Reply
from microdns_dns.plan import Outcome
from microdns_dns.protocol import Opcode, RRType
from microdns_dns.rrset import RRset
from microdns_dns.taps import Taps
from microdns_dnstap import sender
from microdns_dnstap.frames import Control, ControlType
from microdns_dnstap.plugin import DnstapPlugin

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def readers_have_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine does, the reader is heard to the end."""
    monkeypatch.setattr(sender, "HANDSHAKE_SECONDS", SECONDS_MAX)
    monkeypatch.setattr(sender, "FINISH_SECONDS", SECONDS_MAX)


QUERY = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\3www\7example\0\0\1\0\1"


class Answering:
    """Answers everything, with as many octets as it is told."""

    name = "answering"
    order = 100
    opcodes = frozenset({Opcode.QUERY})

    def __init__(self, octets: int = 4) -> None:
        self._octets = octets

    def answer(self, query: Query) -> Outcome:
        reply = Reply(aa=True)
        rdata = bytes(self._octets)
        rrtype = RRType.A if self._octets == 4 else 65280
        reply.answer.append((query.qname, RRset(rrtype, 300, (rdata,))))
        return reply


class Tapped:
    """A kernel that serves DNS on a port, and tells of it."""

    def __init__(self, kernel: Kernel, port: int, host: str) -> None:
        self.kernel = kernel
        self._at = host, port

    async def ask(self, query: bytes = QUERY) -> bytes:
        """The answer over UDP, as octets."""
        loop = asyncio.get_running_loop()
        family = socket.AF_INET6 if ":" in self._at[0] else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as opened:
            opened.setblocking(False)
            await loop.sock_connect(opened, self._at)
            await loop.sock_sendall(opened, query)
            async with asyncio.timeout(SECONDS_MAX):
                return await loop.sock_recv(opened, 65535)

    async def ask_over_tcp(self, query: bytes = QUERY) -> bytes:
        reader, writer = await asyncio.open_connection(*self._at)
        writer.write(len(query).to_bytes(2, "big") + query)
        size = int.from_bytes(await reader.readexactly(2), "big")
        answer = await reader.readexactly(size)
        writer.close()
        await writer.wait_closed()
        return answer

    def counted(self, name: str, *labels: str) -> float:
        (value,) = (
            sample.value
            for metric in self.kernel.metrics
            if metric.name == f"microdns_dnstap_{name}"
            for sample in metric.samples()
            if sample.labels == labels
        )
        assert isinstance(value, int | float)
        return value

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(SECONDS_MAX):
            while not condition():  # noqa: ASYNC110  (metrics tell nobody)
                await asyncio.sleep(0.005)


@asynccontextmanager
async def tapped(
    path: Path, more: str = "", *, engine: str = "auto", host: str = "127.0.0.1", octets: int = 4
) -> AsyncIterator[Tapped]:
    config = f'[dns]\nengine = "{engine}"\ncookies.enabled = false\n'
    config += f'[dns.dnstap]\nsocket = "{path}"\n{more}'
    async with run_kernel([DnstapPlugin()], config) as kernel:
        listeners = kernel.services.require(Listeners)
        listening = await listeners.listen([(host, 0)], Answering(octets))
        yield Tapped(kernel, listening.addresses[0][1], host)


async def test_keeps_to_the_kernels_contract(tmp_path: Path) -> None:
    await check_plugin(DnstapPlugin(), f'[dns.dnstap]\nsocket = "{tmp_path / "tap"}"')


@pytest.mark.parametrize("engine", ["auto", "python"])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_queries_and_answers_are_told(tmp_path: Path, engine: str, host: str) -> None:
    async with (
        Reader(tmp_path / "tap") as reader,
        tapped(tmp_path / "tap", 'identity = "me"\n', engine=engine, host=host) as server,
    ):
        await asyncio.wait_for(reader.connected.wait(), SECONDS_MAX)
        answers = [await server.ask(), await server.ask_over_tcp()]
        frames = await reader.frames_are(4)
        assert all(b"\x0a\x02me" in frame for frame in frames)
        assert [QUERY in frame for frame in frames] == [True, False] * 2
        assert answers[0] in frames[1]
        assert answers[1] in frames[3]
        address = socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
        assert all(frame.count(address) == 2 for frame in frames)
        assert server.counted("connected") == 1
        await server.until(lambda: server.counted("frames_total") == 4)
        assert server.counted("written_bytes_total") == sum(map(len, frames)) + 4 * len(frames)
        assert server.counted("dropped_total", "full") == 0
    assert [control.type for control in reader.controls] == [
        ControlType.READY,
        ControlType.START,
        ControlType.STOP,
    ]


async def test_a_huge_answer_over_tcp_is_told_whole(tmp_path: Path) -> None:
    async with (
        Reader(tmp_path / "tap") as reader,
        tapped(tmp_path / "tap", octets=65_000) as server,
    ):
        answer = await server.ask_over_tcp()
        assert len(answer) > 65_000
        assert answer in (await reader.frames_are(2))[1]


async def test_a_reader_may_come_late_and_go_and_come_back(tmp_path: Path) -> None:
    async with tapped(tmp_path / "tap") as server:
        await server.ask()
        async with Reader(tmp_path / "tap") as reader:
            await reader.frames_are(2)
            assert server.counted("connected") == 1
        await server.until(lambda: not server.counted("connected"))
        await server.ask()
        async with Reader(tmp_path / "tap") as reader:
            await reader.frames_are(2)
            assert server.counted("connections_total") == 2
            assert server.counted("dropped_total", "full") == 0


async def test_a_reader_that_never_reads_holds_up_no_answer(tmp_path: Path) -> None:
    more = 'buffer_size = "256KiB"'
    async with (
        Reader(tmp_path / "tap") as reader,
        tapped(tmp_path / "tap", more, octets=65_000) as server,
    ):
        await asyncio.wait_for(reader.connected.wait(), SECONDS_MAX)
        reader.reading.clear()
        for _ in range(30):  # 2 MB: more than the buffer, a chunk, and the socket have
            await server.ask_over_tcp()
        dropped = server.counted("dropped_total", "full")
        assert dropped > 0
        assert server.counted("connected") == 1
        reader.reading.set()
        await reader.frames_are(60 - int(dropped))
        await server.ask()
        assert QUERY in (await reader.frames_are(62 - int(dropped)))[-2]


async def test_a_reader_of_something_else_is_told_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = Control(ControlType.ACCEPT, (b"protobuf:other",))
    async with (
        Reader(tmp_path / "tap", other) as reader,
        tapped(tmp_path / "tap") as server,
    ):
        await server.until(lambda: len(reader.controls) >= 2)
        await server.ask()
        assert server.counted("connected") == 0
    assert {control.type for control in reader.controls} == {ControlType.READY}
    said = [record for record in caplog.records if "no reader at" in record.getMessage()]
    assert len(said) == 1, "once, however often it is tried"


async def test_one_in_so_many_is_told(tmp_path: Path) -> None:
    async with (
        Reader(tmp_path / "tap") as reader,
        tapped(tmp_path / "tap", "sample = 5\n", engine="python") as server,
    ):
        for _ in range(10):
            await server.ask()
        await reader.frames_are(4)
        await asyncio.wait_for(reader.connected.wait(), SECONDS_MAX)
        assert len(reader.frames) == 4


async def test_only_one_may_tap_and_stopping_gives_it_back(tmp_path: Path) -> None:
    async with tapped(tmp_path / "tap") as server:
        taps = server.kernel.services.require(Taps)
        with pytest.raises(Conflict):
            taps.open(b"", buffer_bytes=1 << 20)
        await server.kernel.stop_plugin("dnstap")
        assert taps.tap is None
        await server.ask()
        await server.kernel.start_plugin("dnstap")
        async with Reader(tmp_path / "tap") as reader:
            await server.ask()
            assert len(await reader.frames_are(2)) == 2
