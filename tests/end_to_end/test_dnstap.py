"""dnstap as a real reader gets it: ``fstrm_capture`` takes it in, ``dnstap-ldns`` decodes it.

What was asked and answered is what dig says that it sent and got, octet by octet.
"""

import contextlib
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dns.message
import pytest
from tests.peers import MicroDns, NameServer, ZoneFile
from tests.peers.process import Child, find_program

from microdns.control.client import ControlClient
from microdns.operations.wire import Request

pytestmark = pytest.mark.needs("fstrm_capture", "dnstap-ldns")

_ZONE = """\
$ORIGIN tapped.test.
@       300 SOA  ns1 hostmaster 7 3600 900 604800 60
@       300 NS   ns1
ns1     300 A    192.0.2.1
www     300 A    192.0.2.10
www     300 AAAA 2001:db8::10
{huge}
""".format(huge="\n".join(f'huge 300 TXT "{number:03}{"x" * 200}"' for number in range(270)))
_CONFIG = """\
[dns.cookies]
enabled = false
[dns.dnstap]
enabled = true
socket = "{socket}"
identity = "ns1.tapped"
version = "test 1"
"""
SECONDS_MAX = 60.0


class Capture:
    """``fstrm_capture``, listening on a socket and writing a file; started anew, another file."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "tap.sock"
        self._folder = folder
        self._files = 0
        self._child: Child | None = None

    @property
    def file(self) -> Path:
        return self._folder / f"captured-{self._files}"

    def start(self) -> None:
        self.socket.unlink(missing_ok=True)
        self._files += 1
        content = ["-t", "protobuf:dnstap.Dnstap", "-u", str(self.socket), "-w", str(self.file)]
        self._child = Child(["fstrm_capture", *content], self._folder / "capture.log")
        self._child.wait_until(self.socket.exists)

    def has_sockets(self) -> int:
        """How many it has open; the one that it listens on remains."""
        assert self._child is not None
        found = 0
        for descriptor in Path(f"/proc/{self._child.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                found += descriptor.readlink().name.startswith("socket:")
        return found

    def stop(self) -> None:
        """End it as an operator would; it writes what it has."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    def kill(self) -> None:
        assert self._child is not None
        self._child.process.kill()
        self._child.stop()
        self._child = None

    def read(self) -> list["Told"]:
        """What ``dnstap-ldns`` makes of the file, in its YAML."""
        program = find_program("dnstap-ldns")
        assert program is not None
        done = subprocess.run(
            [program, "-y", "-r", str(self.file)], capture_output=True, text=True, check=True
        )
        return [told(document) for document in done.stdout.split("---\n") if document.strip()]


@dataclass(frozen=True)
class Told:
    """One message as ``dnstap-ldns`` shows it: keys and values, and the DNS message as text."""

    fields: dict[str, str]
    message: str

    def __getitem__(self, key: str) -> str:
        return self.fields[key]


def told(document: str) -> Told:
    head, _, message = document.partition("_message: |\n")
    lines = (line.strip().partition(": ") for line in head.splitlines())
    return Told({key: value.strip('"') for key, _, value in lines}, message)


@dataclass
class Running:
    """A server, its reader, and the folder of both."""

    server: NameServer
    capture: Capture
    folder: Path
    before: float = 0
    """Messages that were written before this reader came."""

    def dig(self, *words: str) -> str:
        """One query, and no second one; dig fails when it gets no answer."""
        at = ["-r", "+time=60", "+tries=1", f"@{self.server.host}", "-p", str(self.server.port)]
        return run("dig", *at, *words)

    def call(self, operation: str, **input: object) -> Any:
        with ControlClient(str(self.folder / "server" / "store.sock")) as client:
            return client.call(Request(operation, input))

    def connected(self) -> bool:
        return bool(self.counted("connected"))

    def counted(self, name: str) -> float:
        (metric,) = self.call("metric.list", name=f"microdns_dnstap_{name}")
        return float(metric["samples"][0]["value"])

    def start(self) -> None:
        """From here on a reader is told."""
        self.capture.start()
        self.call("plugin.start", name="dnstap")
        until(self.connected)
        self.before = self.counted("frames_total")

    def read(self, count: int) -> list["Told"]:
        """So many messages that the reader was told, in order of time; it is told no more."""
        until(lambda: self.counted("frames_total") - self.before >= count)
        self.call("plugin.stop", name="dnstap")
        until(lambda: self.capture.has_sockets() == 1)
        self.capture.stop()
        return sorted(self.capture.read(), key=lambda each: (each["query_time"], each["type"]))


def run(name: str, *arguments: str) -> str:
    program = find_program(name)
    assert program is not None
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def until(condition: Callable[[], object]) -> None:
    """Wait until it holds."""
    end = time.monotonic() + SECONDS_MAX
    while not condition():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.02)


@pytest.fixture(scope="module", params=["compiled", "python"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("tapped")
    zone = folder / "zone"
    zone.write_text(_ZONE)
    capture = Capture(folder)
    peer = MicroDns(
        plugins=("auth", "dnstap"),
        engine=request.param,
        auth='allow_transfer = ["127.0.0.1"]',
        config=_CONFIG.format(socket=capture.socket),
    )
    with peer.start(folder / "server", [ZoneFile("tapped.test.", zone)]) as server:
        process = server.process
        assert process is not None
        until(lambda: '"kernel.ready"' in process.log_text())
        running = Running(server, capture, folder)
        running.call("plugin.stop", name="dnstap")
        yield running
        capture.stop()


@pytest.fixture
def running(server: Running) -> Running:
    """The server with a reader that is told from now on."""
    server.start()
    return server


@pytest.mark.needs("dig", "engine")
def test_a_series_of_digs_comes_as_it_was_asked_and_answered(running: Running) -> None:
    """Each of them, once, by name, type and transport; over TCP an answer of 60 KB, too."""
    running.dig("www.tapped.test", "A")
    running.dig("www.tapped.test", "AAAA", "+tcp")
    running.dig("WWW.tapped.test", "MX", "+dnssec")
    running.dig("missing.tapped.test", "A", "+noedns")
    running.dig("huge.tapped.test", "TXT", "+ignore")
    running.dig("huge.tapped.test", "TXT", "+tcp")
    running.dig("version.bind", "CH", "TXT")
    told = running.read(14)
    assert [each["type"] for each in told] == ["AUTH_QUERY", "AUTH_RESPONSE"] * 7
    assert {(each["identity"], each["version"]) for each in told} == {("ns1.tapped", "test 1")}
    assert {each["query_address"] for each in told} == {"127.0.0.1"}
    assert {each["response_port"] for each in told} == {str(running.server.port)}
    assert [each["socket_protocol"] for each in told[::2]] == [
        "UDP", "TCP", "UDP", "UDP", "UDP", "TCP", "UDP",
    ]  # fmt: skip
    assert ";WWW.tapped.test.\tIN\tMX" in told[4].message
    assert "rcode: NXDOMAIN" in told[7].message
    assert "tc" in flags(told[9].message)
    assert told[11].message.count("IN\tTXT") == 1 + 270
    assert "rcode: REFUSED" in told[13].message
    for query, answer in zip(told[::2], told[1::2], strict=True):
        assert query["query_port"] == answer["query_port"]
        assert query["query_time"] == answer["query_time"] <= answer["response_time"]


@pytest.mark.needs("engine")
@pytest.mark.parametrize("tcp", [False, True])
def test_octets_are_those_that_went_over_the_wire(running: Running, tcp: bool) -> None:
    asked = dns.message.make_query("www.tapped.test", "A", want_dnssec=True).to_wire()
    got = exchange_octets(running.server, asked, tcp)
    running.read(2)
    query, answer = read_frames(running.capture.file)
    assert field_of(field_of(query, 14), 10) == asked
    assert field_of(field_of(answer, 14), 14) == got


@pytest.mark.needs("dig", "engine")
def test_a_transfer_is_one_query_and_all_its_messages(running: Running) -> None:
    shown = running.dig("tapped.test", "AXFR")
    messages = int(re.search(r"XFR size: .*messages (\d+)", shown)[1])  # type: ignore[index] # it prints that
    told = running.read(1 + messages)
    assert [each["type"] for each in told] == ["AUTH_QUERY"] + ["AUTH_RESPONSE"] * messages
    records = sum(each.message.count("\tIN\t") for each in told[1:])
    assert records >= 270 + 5


@pytest.mark.needs("engine")
def test_a_reader_that_dies_and_comes_back_is_told_again(running: Running) -> None:
    """What is asked meanwhile waits for it, as far as there is room."""
    running.capture.kill()
    until(lambda: not running.connected())
    asked = dns.message.make_query("www.tapped.test", "A").to_wire()
    for _ in range(5):
        exchange_octets(running.server, asked, False)
    running.capture.start()
    until(running.connected)
    assert [each["type"] for each in running.read(10)] == ["AUTH_QUERY", "AUTH_RESPONSE"] * 5


def flags(message: str) -> list[str]:
    return message.partition(";; flags: ")[2].partition(" ;")[0].split()


def exchange_octets(server: NameServer, asked: bytes, tcp: bool) -> bytes:
    """The answer to a message, as it came."""
    kind = socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as opened:
        opened.settimeout(SECONDS_MAX)
        opened.connect((server.host, server.port))
        if not tcp:
            opened.send(asked)
            return opened.recv(65535)
        opened.sendall(len(asked).to_bytes(2, "big") + asked)
        with opened.makefile("rb") as stream:
            return stream.read(int.from_bytes(stream.read(2), "big"))


def read_frames(file: Path) -> list[bytes]:
    """The data frames of a file of Frame Streams."""
    octets, frames = file.read_bytes(), []
    while octets:
        size = int.from_bytes(octets[:4], "big")
        if size:
            frames.append(octets[4 : 4 + size])
        else:  # a control frame, with a length of its own
            size = 4 + int.from_bytes(octets[4:8], "big")
        octets = octets[4 + size :]
    return frames


def field_of(message: bytes, wanted: int) -> bytes:
    """The octets of a field of a protobuf message."""
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        if tag & 7 == 5:
            at += 4
            continue
        number, at = varint(message, at)
        if tag & 7 == 2:
            if tag >> 3 == wanted:
                return message[at : at + number]
            at += number
    raise AssertionError(f"there is no field {wanted}")


def varint(octets: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        octet = octets[at]
        at += 1
        number |= (octet & 0x7F) << shift
        shift += 7
        if not octet & 0x80:
            return number, at
