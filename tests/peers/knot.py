"""Knot DNS (CZ.NIC), an authoritative-only server."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.peers.process import Child, free_port
from tests.peers.server import PAYLOAD_SIZE, NameServer, ZoneFile

_SERVER = """\
server:
  rundir: "{folder}"
  listen: 127.0.0.1@{port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
  tcp-io-timeout: 3000
  tcp-idle-timeout: 60
  udp-max-payload: {payload}
  nsid: ""
  version: ""
  identity: ""
log:
  - target: stderr
    any: info
database:
  storage: "{folder}"
template:
  - id: default
    storage: "{folder}"
    semantic-checks: off
    journal-content: none
    zonefile-sync: -1
zone:
"""

_ZONE = """\
  - domain: "{origin}"
    file: "{path}"
"""


@dataclass(frozen=True)
class Knot:
    """Starts ``knotd`` in the foreground with one worker, no journal and no module."""

    payload_size: int = PAYLOAD_SIZE
    name: str = "knot"
    programs: tuple[str, ...] = ("knotd",)

    def start(self, folder: Path, zones: Sequence[ZoneFile]) -> NameServer:
        folder.mkdir(parents=True, exist_ok=True)
        port = free_port()
        config = folder / "knot.conf"
        config.write_text(
            _SERVER.format(port=port, folder=folder, payload=self.payload_size)
            + "".join(_ZONE.format(origin=zone.origin, path=zone.path) for zone in zones)
        )
        child = Child(["knotd", "-c", config], folder / "knot.log")
        server = NameServer(self.name, "127.0.0.1", port, child)
        child.wait_until(server.answers)
        return server
