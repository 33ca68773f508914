"""MicroDNS as a process in a namespace."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from tests.scenarios.dhcp.namespaces import Host

COMMAND = str(Path(sys.executable).with_name("microdns"))


class Running:
    """A server process, and commands to it."""

    def __init__(self, host: Host, config: Path) -> None:
        self.host = host
        self.config = config
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it serves."""
        log = self.config.with_suffix(".log").open("ab")
        self.process = subprocess.Popen(
            self.host.command(COMMAND, "run", "--config", str(self.config)),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        log.close()
        self.wait_for("kernel.ready")

    def wait_for(self, event: str, times: int = 1, seconds: float = 30) -> None:
        """Wait until the log has an event so many times."""
        end = time.monotonic() + seconds
        while self.log().count(f'"{event}"') < times:
            assert time.monotonic() < end, self.log()
            assert self.process is not None
            assert self.process.poll() is None, self.log()
            time.sleep(0.05)

    def log(self) -> str:
        return self.config.with_suffix(".log").read_text()

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        # What is logged from here on belongs to the next process.
        self.config.with_suffix(".log").unlink()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=15)

    def shown(self, *command: str) -> Any:
        """What a command of ``microdns`` shows."""
        whole = (COMMAND, *command, "--config", str(self.config), "--json")
        return msgspec.json.decode(self.host.run(*whole))

    def leases(self, **options: str) -> list[dict[str, str]]:
        """What ``microdns lease list`` shows."""
        given = [part for key, value in options.items() for part in (f"--{key}", value)]
        items: list[dict[str, str]] = self.shown("lease", "list", *given)["items"]
        return items


@contextmanager
def server(
    host: Host, folder: Path, config: str, database: Path | None = None
) -> Iterator[Running]:
    """A server that runs inside the block; its store may be on another disk than the rest."""
    file = folder / "microdns.toml"
    store = database or folder / "db"
    socket = f'[instance]\ncontrol_socket = "{folder / "db.sock"}"\n'
    file.write_text(f'{socket}[database]\npath = "{store}"\n[logging]\nlevel = "info"\n{config}')
    running = Running(host, file)
    running.start()
    try:
        yield running
    finally:
        running.stop()
