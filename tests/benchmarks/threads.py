"""What a second thread of the engine brings, where no load generator can be the limit.

Messages are replayed in memory: each thread answers the same ones over and over, without sockets
and without the GIL, in the way in which a worker does, over one zone.  Two figures:

- answers a second of two threads beside one, by the wall clock: what there is when both
  processors are free;
- processor time per answer, two beside one: what threads cost each other (shared cache lines, the
  table of rates), which other work on the machine disturbs little.

The second says what the first would be on idle processors: two threads whose answers cost as much
as those of one do twice the work.
"""

import argparse
import sys
import threading
import time
from random import Random
from struct import pack

from microdns.clock import SystemClock
from microdns_dns import names
from microdns_dns.engine.core import Engine
from microdns_dns.engine.guard import CompiledGuard
from microdns_dns.engine.view import CompiledViews
from microdns_dns.metrics import DnsMetrics
from microdns_dns.model import Soa, Zone, new_ids
from microdns_dns.protection.config import CookieConfig, RateLimitConfig
from microdns_dns.protection.guard import Guard
from microdns_dns.protocol import RRType

ORIGIN = names.from_text("bench.example")
MESSAGES = 8_192


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--hosts", type=int, default=50_000)
    parser.add_argument("--answers", type=int, default=1_500_000, help="for each thread")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    engine, views = an_engine(options.hosts)
    messages = some_messages(options.hosts)
    for shown in ("without protection", "with rates and cookies"):
        if shown != "without protection":
            protect(engine, views)
        for _ in range(options.rounds):
            report(shown, engine, messages, options.answers)
    return 0


def report(shown: str, engine: Engine, messages: list[bytes], answers: int) -> None:
    one, two = replay(engine, messages, answers, 1), replay(engine, messages, answers, 2)
    sys.stdout.write(
        f"{shown}: 1 thread {one[0] / 1e6:.2f} M answers/s, {one[1]:.3f} µs each; "
        f"2 threads {two[0] / 1e6:.2f} M/s, {two[1]:.3f} µs each; "
        f"throughput x {two[0] / one[0]:.2f}, by processor time x {2 * one[1] / two[1]:.2f}\n"
    )


def replay(engine: Engine, messages: list[bytes], answers: int, count: int) -> tuple[float, float]:
    """Answers a second of so many threads together, and microseconds of processor time for each."""
    used: list[float] = []

    def work() -> None:
        began = time.thread_time()
        engine.repeat(messages, answers)
        used.append(time.thread_time() - began)

    threads = [threading.Thread(target=work) for _ in range(count)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = answers * count
    return total / (time.perf_counter() - began), sum(used) / total * 1e6


def protect(engine: Engine, views: CompiledViews) -> None:
    """All of it, limiting nothing: every answer charges the same two accounts."""
    limit = RateLimitConfig(responses_per_second=30_000, all_per_second=30_000, log_only=True)
    guard = Guard(SystemClock(), DnsMetrics(views), rate_limit=limit, cookies=CookieConfig())
    engine.protect(CompiledGuard(guard))


def an_engine(hosts: int) -> tuple[Engine, CompiledViews]:
    engine = Engine()
    views = CompiledViews(engine.zones)
    (id,) = new_ids(1, 1)
    loading = views.load(Zone(id=id, name="bench.example", soa=Soa("ns1", "hostmaster")))
    owners = [
        (names.canonical_key(owner), owner, n) for n, owner in enumerate(map(host, range(hosts)))
    ]
    for _, owner, number in sorted(owners):
        loading.add(owner, RRType.A, 300, pack("!I", number))
        if number % 10 == 0:
            loading.add(owner, RRType.AAAA, 300, number.to_bytes(16, "big"))
    view = loading.done()
    views.put(view)
    views.publish([view])
    return engine, views


def host(number: int) -> bytes:
    return names.from_text(f"host{number}.bench.example")


def some_messages(hosts: int) -> list[bytes]:
    """Mostly A, some AAAA, some names that do not exist; half with EDNS."""
    random = Random(7)
    found = []
    for id in range(MESSAGES):
        name = host(random.randrange(hosts) + (hosts if random.random() < 0.05 else 0))
        rrtype = RRType.AAAA if random.random() < 0.1 else RRType.A
        opt = b"\0\0\x29\x04\xd0\0\0\0\0\0\0" if id % 2 else b""
        counts = pack("!HHHHHH", id, 0x0100, 1, 0, 0, 1 if opt else 0)
        found.append(counts + name + pack("!HH", rrtype, 1) + opt)
    return found


if __name__ == "__main__":
    raise SystemExit(main())
