"""What README.md and the documentation show in a terminal is what happens.

The example is served from a copy, on free ports; the documents' ports are replaced in commands and
in what they print.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.documents.session import Step, matches, steps
from tests.peers import free_port
from tests.peers.process import Child
from tests.repository.tree import CHECKOUT, tracked

STATUS = Step("microdns status --json", "")
DNS_PORT, METRICS_PORT = "5300", "9153"


@dataclass
class Terminal:
    """A shell beside a running server."""

    folder: Path
    environment: dict[str, str]
    ports: dict[str, str]

    def run(self, step: Step) -> str:
        """What a command prints, its errors included."""
        done = subprocess.run(
            ["bash", "-c", replaced(step.command, self.ports)],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return replaced(done.stdout, {real: shown for shown, real in self.ports.items()})


def replaced(text: str, numbers: dict[str, str]) -> str:
    """The text with whole numbers replaced, all at once."""
    return re.sub(r"\d+", lambda found: numbers.get(found[0], found[0]), text)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """The quickstart, served from a copy of its files."""
    for file in tracked():
        if file.is_relative_to(CHECKOUT / "examples"):
            place = tmp_path / file.relative_to(CHECKOUT)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.read_bytes())
    ports = {DNS_PORT: str(free_port()), METRICS_PORT: str(free_port())}
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "MICRODNS_CONFIG": "examples/quickstart.toml",
        "MICRODNS_DNS__AUTH__LISTEN": f"127.0.0.1:{ports[DNS_PORT]}",
        "MICRODNS_METRICS__LISTEN": f"127.0.0.1:{ports[METRICS_PORT]}",
    }
    terminal = Terminal(tmp_path, environment, ports)
    server = ["env", *(f"{name}={value}" for name, value in environment.items())]
    log = tmp_path / "log"
    child = Child([*server, "microdns", "run"], log, cwd=tmp_path)
    try:
        child.wait_until(
            lambda: '"ready": true' in terminal.run(Step("microdns status --json", ""))
        )
        yield terminal
    finally:
        child.stop()


@pytest.mark.needs("dig", "kdig")
@pytest.mark.parametrize("name", ["README.md", "docs/getting-started.md"])
def test_a_session_goes_as_shown(name: str, terminal: Terminal) -> None:
    shown = steps(CHECKOUT / name)
    assert shown, "no session"
    for step in shown:
        printed = terminal.run(step)
        assert matches(step.output, printed), f"$ {step.command}\n{printed}"
