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
PATIENCE_SECONDS = 60
"""How long is waited for what is bound to happen."""


class Running:
    """A server process, and commands to it."""

    def __init__(self, host: Host, config: Path) -> None:
        self.host = host
        self.config = config
        self.process: subprocess.Popen[bytes] | None = None
        self._log = config.with_suffix(".log")

    def start(self) -> None:
        """Start it and wait until it serves."""
        with self._log.open("ab") as log, self.telling("kernel.ready"):
            self.process = subprocess.Popen(
                self.host.command(COMMAND, "run", "--config", str(self.config)),
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @contextmanager
    def telling(self, event: str) -> Iterator[None]:
        """What is done inside the block has the server log this; wait for it at the end."""
        before = len(self.log())
        yield
        end = time.monotonic() + PATIENCE_SECONDS
        while f'"{event}"' not in self.log()[before:]:
            assert time.monotonic() < end, self.log()
            assert self.process is not None
            assert self.process.poll() is None, self.log()
            time.sleep(0.05)

    def log(self) -> str:
        return self._log.read_text()

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE_SECONDS)

    def shown(self, *command: str) -> Any:
        """What a command of ``microdns`` shows."""
        whole = (COMMAND, *command, "--config", str(self.config), "--json")
        return msgspec.json.decode(self.host.run(*whole))

    def leases(self, **options: str) -> list[dict[str, Any]]:
        """What ``microdns lease list`` shows."""
        given = [part for key, value in options.items() for part in (f"--{key}", value)]
        items: list[dict[str, Any]] = self.shown("lease", "list", *given)["items"]
        return items

    def eventually(self, state: str, count: int = 1) -> list[dict[str, Any]]:
        """The leases in a state, once there are so many."""
        end = time.monotonic() + PATIENCE_SECONDS
        while len(found := self.leases(state=state)) != count:
            assert time.monotonic() < end, f"{found}\n{self.log()}"
            time.sleep(0.1)
        return found


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
    try:
        running.start()
        yield running
    finally:
        running.stop()
