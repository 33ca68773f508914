"""``microdns run`` with everything that has a tab, on free ports, in a folder of its own."""

import sys
import urllib.request
from pathlib import Path
from urllib.error import URLError

from tests.peers.process import Child, free_port

KEY = "a key for tests"
CONFIG = """\
[instance]
id = "ns1.example.net"
control_socket = "control"

[database]
path = "store"

[dns.auth]
enabled = true
listen = "127.0.0.1:{dns}"

[dhcp.v4]
interface = "lo"
port = {dhcp}

[api.rest]
enabled = true
listen = "127.0.0.1:{rest}"
api_key = "{key}"

[api.dashboard]
enabled = true
{more}
"""


class Instance:
    """A process that can be stopped and started again on the same ports and store."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self.folder = folder
        self.rest = free_port()
        self.dns = free_port()
        self.config = folder / "microdns.toml"
        self.config.write_text(
            CONFIG.format(dns=self.dns, dhcp=free_port(), rest=self.rest, key=KEY, more=more)
        )
        self._child: Child | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.rest}/dashboard/"

    def start(self) -> None:
        plugins = ["--plugins", "auth,dhcp4,rest,dashboard"]
        run = [sys.executable, "-m", "microdns", "run", "--config", str(self.config), *plugins]
        self._child = Child(run, self.folder / "log", self.folder)
        self._child.wait_until(self._answers)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}index.html", timeout=1) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop()
            self._child = None
