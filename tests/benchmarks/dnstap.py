"""What telling of every query costs: processor time per query with dnstap off, and on.

One server a mode, all on one processor, dnsperf and the readers (``fstrm_capture``, which writes
nowhere) on the other; rounds go from server to server.  What counts is the ratio to ``off``.

- ``off``: the plugin does not run
- ``on``: a reader gets every query and every answer
- ``sampled``: of one in ten
- ``away``: there is no reader, so that everything is dropped
"""

import argparse
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks._workload import ORIGIN, write_queries, write_zone
from tests.benchmarks.engine import Figures, measure, only_on
from tests.peers import MicroDns, ZoneFile
from tests.peers.process import Child

from microdns.control.client import ControlClient
from microdns.operations.wire import Request

MODES = ("off", "on", "sampled", "away")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--hosts", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--modes", default=",".join(MODES))
    parser.add_argument("--dnsperf", default="", help="further options, such as '-m tcp'")
    parser.add_argument("--cores", default="0,1", help="that of the servers, that of all else")
    options = parser.parse_args()
    server_core, other_core = map(int, options.cores.split(","))
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as running:
        folder = Path(temporary)
        write_zone(folder / "zone", options.hosts)
        write_queries(folder / "queries", "mixed", options.hosts)
        servers = {}
        for mode in options.modes.split(","):
            with only_on(other_core):
                read(folder, mode, running)
            with only_on(server_core):
                zone = ZoneFile(ORIGIN, folder / "zone")
                servers[mode] = running.enter_context(
                    peer(folder, mode).start(folder / mode, [zone])
                )
        results = {mode: Figures() for mode in servers}
        for _ in range(options.rounds):
            for mode, server in servers.items():
                measure(server, folder / "queries", options, other_core, results[mode])
        report(results, folder)
    return 0


def read(folder: Path, mode: str, running: ExitStack) -> None:
    """Start the reader of a mode that has one."""
    if mode in ("on", "sampled"):
        command = ["fstrm_capture", "-t", "protobuf:dnstap.Dnstap", "-w", "/dev/null"]
        reader = Child([*command, "-u", str(folder / f"{mode}.sock")], folder / f"{mode}.log")
        running.enter_context(reader)
        reader.wait_until((folder / f"{mode}.sock").exists)


def peer(folder: Path, mode: str) -> MicroDns:
    if mode == "off":
        return MicroDns(dns="threads = 1")
    sample = 10 if mode == "sampled" else 1
    config = f'[dns.dnstap]\nsocket = "{folder / mode}.sock"\nsample = {sample}\n'
    return MicroDns(plugins=("auth", "dnstap"), dns="threads = 1", config=config + MicroDns.config)


def report(results: dict[str, Figures], folder: Path) -> None:
    base = results.get("off")
    for mode, figures in results.items():
        cpu = statistics.median(figures.cpu)
        line = f"{mode:8} {cpu:6.2f} us/query {max(figures.qps):9,.0f} q/s"
        if base is not None and base is not figures:
            ratios = [own / other for own, other in zip(figures.cpu, base.cpu, strict=True)]
            line += f"   {statistics.median(ratios):.2f} of the time without"
        if mode != "off":
            line += f"   {told(folder / mode)}"
        sys.stdout.write(f"{line}{f'   {figures.lost} lost' if figures.lost else ''}\n")
    sys.stdout.flush()


def told(folder: Path) -> str:
    with ControlClient(str(folder / "store.sock")) as client:
        plugins = client.call(Request("status.get"))["plugins"]
    facts = next(each["facts"] for each in plugins if each["name"] == "dnstap")
    return f"{facts['written']:,} messages written, {facts['dropped']:,} dropped"


if __name__ == "__main__":
    raise SystemExit(main())
