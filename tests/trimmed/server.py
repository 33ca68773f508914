"""``microdns run`` as a child process of a test or benchmark."""

import contextlib
import os
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

import dns.message
import dns.query
from tests.environments import Environment, clean_environment
from tests.peers import free_port

READY_TIMEOUT_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 60.0

CONFIG = """
[instance]
id = "trimmed"

[database]
path = "data"

[dns.auth]
listen = "127.0.0.1:{port}"

[logging]
format = "text"
"""


class Server:
    """A server on a free port with an empty store in ``folder``; stopped when the block ends."""

    def __init__(self, environment: Environment, folder: Path, plugins: str = "auth") -> None:
        self._environment = environment
        self._folder = folder
        self._plugins = plugins
        self._config = folder / "microdns.toml"
        self._output = folder / "output"
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.exit_code: int | None = None

    def __enter__(self) -> "Server":
        self._port = free_port()
        self._config.write_text(CONFIG.format(port=self._port))
        notify = self._folder / "notify"
        notify.unlink(missing_ok=True)
        self._notify.bind(str(notify))
        self.started = time.monotonic()
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                self._command("run", "--plugins", self._plugins),
                env={**clean_environment(), "NOTIFY_SOCKET": str(notify)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._notify.close()
        with contextlib.suppress(ProcessLookupError):
            if self._ready:
                self.process.terminate()
        try:
            self.exit_code = self.process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    _ready = False

    def wait_until_ready(self) -> float:
        """Seconds from the start of the process until it told the service manager READY=1."""
        self._notify.settimeout(0.05)
        while time.monotonic() < self.started + READY_TIMEOUT_SECONDS:
            with contextlib.suppress(TimeoutError):
                if b"READY=1" in self._notify.recv(4096):
                    self._ready = True
                    return time.monotonic() - self.started
            if self.process.poll() is not None:
                break
        raise RuntimeError(f"the server did not become ready:\n{self.output}")

    def memory_bytes(self) -> int:
        """Resident memory of the process now."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def processor_seconds(self) -> float:
        """Processor time that it has used: unlike the clock, hardly touched by its neighbours."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A ``microdns`` command beside the server."""
        return self._environment.run(*self._command(*arguments))

    def ask(self, name: str) -> list[str]:
        """Addresses of a name, asked over UDP."""
        query = dns.message.make_query(name, "A")
        answer = dns.query.udp(query, "127.0.0.1", port=self._port, timeout=60)
        return [str(rdata) for rrset in answer.answer for rdata in rrset]

    @property
    def output(self) -> str:
        """What it has written so far."""
        return self._output.read_text(errors="replace")

    def _command(self, *arguments: str) -> list[str]:
        microdns = self._environment.program("microdns")
        return [str(microdns), *arguments, "--config", str(self._config)]
