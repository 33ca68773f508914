"""NSD (NLnet Labs), an authoritative-only server."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.peers.process import Child, free_port
from tests.peers.server import PAYLOAD_SIZE, NameServer, ZoneFile

_SERVER = """\
server:
  ip-address: 127.0.0.1@{port}
  do-ip6: no
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  zonelistfile: "{folder}/zone.list"
  database: ""
  pidfile: ""
  xfrdfile: ""
  xfrdir: "{folder}"
  verbosity: 1
  hide-version: yes
  hide-identity: yes
  tcp-count: 500
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
  answer-cookie: no
  minimal-responses: no
  ipv4-edns-size: {payload}
  ipv6-edns-size: {payload}
remote-control:
  control-enable: no
"""

_ZONE = """\
zone:
  name: "{origin}"
  zonefile: "{path}"
"""


@dataclass(frozen=True)
class Nsd:
    """Starts ``nsd`` in the foreground with one worker and no rate limit."""

    payload_size: int = PAYLOAD_SIZE
    name: str = "nsd"
    programs: tuple[str, ...] = ("nsd",)

    def start(self, folder: Path, zones: Sequence[ZoneFile]) -> NameServer:
        folder.mkdir(parents=True, exist_ok=True)
        port = free_port()
        config = folder / "nsd.conf"
        config.write_text(
            _SERVER.format(port=port, folder=folder, payload=self.payload_size)
            + "".join(_ZONE.format(origin=zone.origin, path=zone.path) for zone in zones)
        )
        child = Child(["nsd", "-d", "-c", config], folder / "nsd.log")
        server = NameServer(self.name, "127.0.0.1", port, child)
        child.wait_until(server.answers)
        return server
