"""REST beside the API of PowerDNS (sqlite), the same work on the same machine, in turn.

A page of 300 records; records created durably by one client and by several; many records in one
change.  Each server is a process of its own; clients are threads with a connection each, which ask
again when they are refused or their connection is reset.  Wall time and the server's processor time
are told, since other work on the machine disturbs only the first.
"""

import argparse
import http.client
import json
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.peers.process import Child, free_port

PDNS_SCHEMA = Path("/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql")
PDNS = """\
launch=gsqlite3
gsqlite3-database={folder}/pdns.sqlite
gsqlite3-pragma-synchronous=2
local-address=127.0.0.1
local-port={dns}
socket-dir={folder}
api=yes
api-key=k
webserver=yes
webserver-address=127.0.0.1
webserver-port={port}
loglevel=3
guardian=no
daemon=no
"""
OURS = """\
[database]
path = "{folder}/store"
[dns.auth]
enabled = true
listen = "127.0.0.1:{dns}"
[api.rest]
enabled = true
listen = "127.0.0.1:{port}"
api_key = "k"
client_requests_per_second = 0
"""
Ask = Callable[[str, str, object], None]


class Refused(RuntimeError):
    """The server would not do it: sqlite refuses when others write at the same time."""


@dataclass
class Server:
    """A running server: its process, its port, and how requests to it are spelled."""

    name: str
    child: Child
    port: int
    base: str

    def cpu_seconds(self) -> float:
        """Processor time of the process so far."""
        fields = Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def client(self) -> Ask:
        """One connection; raises Refused for status 500, RuntimeError for any other but success.

        When it is cut off it raises OSError or HTTPException, and the next request connects anew.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"X-API-Key": "k", "Content-Type": "application/json"}

        def ask(verb: str, path: str, body: object = None) -> None:
            text = None if body is None else json.dumps(body)
            try:
                connection.request(verb, self.base + path, text, headers)
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                raise
            if answer.status >= 300:
                kind = Refused if answer.status == 500 else RuntimeError
                raise kind(f"{self.name}: {answer.status} {content[:300]!r}")

        return ask


class Work:
    """The same changes in both servers' terms."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.ours = server.name == "microdns"

    def zone(self, ask: Ask) -> None:
        name = "example.com" if self.ours else "example.com."
        more = {} if self.ours else {"kind": "Native", "nameservers": ["ns1.example.com."]}
        ask("POST", "/zones", {"name": name, **more})

    def read(self, ask: Ask) -> None:
        if self.ours:
            ask("GET", "/zones/example.com/records?limit=1000", None)
        else:
            ask("GET", "/zones/example.com.", None)

    def create(self, ask: Ask, label: str) -> None:
        if self.ours:
            body = {"name": label, "data": {"type": "A", "data": "192.0.2.1"}}
            ask("POST", "/zones/example.com/records", body)
        else:
            ask("PATCH", "/zones/example.com.", {"rrsets": [_rrset(label)]})

    def change(self, ask: Ask, labels: list[str]) -> None:
        if self.ours:
            data = {"type": "A", "data": "192.0.2.1"}
            changes = [{"op": "create", "name": label, "data": data} for label in labels]
            ask("POST", "/zones/example.com/changes", {"changes": changes})
        else:
            ask("PATCH", "/zones/example.com.", {"rrsets": [_rrset(label) for label in labels]})


def _rrset(label: str) -> dict[str, object]:
    records = [{"content": "192.0.2.1", "disabled": False}]
    name = f"{label}.example.com."
    return {"name": name, "type": "A", "ttl": 300, "changetype": "REPLACE", "records": records}


@contextmanager
def microdns(folder: Path) -> Iterator[Server]:
    port = free_port()
    config = folder / "microdns.toml"
    config.write_text(OURS.format(folder=folder, port=port, dns=free_port()))
    command = [sys.executable, "-m", "microdns", "run", "--config", str(config)]
    with Child(command, folder / "microdns.log") as child:
        server = Server("microdns", child, port, "/api/v1")
        child.wait_until(lambda: _answers(server, "/health"))
        yield server


@contextmanager
def powerdns(folder: Path) -> Iterator[Server]:
    port = free_port()
    database = sqlite3.connect(folder / "pdns.sqlite")
    database.execute("PRAGMA journal_mode=WAL")
    database.executescript(PDNS_SCHEMA.read_text())
    database.close()
    (folder / "pdns.conf").write_text(PDNS.format(folder=folder, port=port, dns=free_port()))
    with Child(["pdns_server", f"--config-dir={folder}"], folder / "pdns.log") as child:
        server = Server("powerdns", child, port, "/api/v1/servers/localhost")
        child.wait_until(lambda: _answers(server, ""))
        yield server


def _answers(server: Server, path: str) -> bool:
    try:
        server.client()("GET", path, None)
    except (OSError, RuntimeError, http.client.HTTPException):
        return False
    return True


def measured(server: Server, what: str, count: int, run: Callable[[], None]) -> None:
    """Run it, and tell how many of the things it does there were in a second."""
    cpu, wall = server.cpu_seconds(), time.perf_counter()
    run()
    wall, cpu = time.perf_counter() - wall, server.cpu_seconds() - cpu
    sys.stdout.write(
        f"{server.name:<9} {what:<28} {count / wall:8.0f}/s  {wall / count * 1e3:8.2f} ms each, "
        f"{cpu / count * 1e3:7.2f} ms of processor time\n"
    )


def in_threads(count: int, work: Callable[[int], None]) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def compare(server: Server, rounds: int, clients: int) -> None:
    """All the work on one server."""
    work, ask = Work(server), server.client()
    work.zone(ask)
    work.change(ask, [f"h{number}" for number in range(300)])

    repeated: Counter[str] = Counter()

    def reading() -> None:
        for _ in range(rounds):
            work.read(ask)

    def creating(client: int) -> None:
        mine = server.client()
        for number in range(rounds):
            create = partial(work.create, mine, f"c{client}-{number}")
            while why := _hindered(create):
                repeated[why] += 1

    def changing() -> None:
        for round in range(5):
            work.change(ask, [f"m{round}-{number}" for number in range(1_000)])

    measured(server, "a page of 300 records", rounds, reading)
    measured(server, "create, one client", rounds, lambda: creating(0))
    several = rounds * clients
    name = f"create, {clients} clients"
    measured(server, name, several, lambda: in_threads(clients, lambda n: creating(n + 1)))
    measured(server, "1,000 records in one change", 5, changing)
    for why, count in repeated.items():
        sys.stdout.write(f"{server.name:<9} {why} {count} creations: they were asked for again\n")


def _hindered(create: Callable[[], None]) -> str:
    """Create a record; what hindered it, or nothing when it is done."""
    try:
        create()
    except Refused:
        return "refused"
    except (OSError, http.client.HTTPException):
        return "cut off"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--clients", type=int, default=32)
    options = parser.parse_args()
    for start in (microdns, powerdns):
        if start is powerdns and not PDNS_SCHEMA.exists():
            sys.stdout.write("powerdns  left out: install pdns-server, pdns-backend-sqlite3\n")
            continue
        with tempfile.TemporaryDirectory() as folder, start(Path(folder)) as server:
            compare(server, options.rounds, options.clients)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
