"""BIND 9 (ISC), set up to answer with authority only."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.peers.process import Child, free_port
from tests.peers.server import PAYLOAD_SIZE, NameServer, ZoneFile

_SERVER = """\
options {{
  directory "{folder}";
  listen-on port {port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  pid-file none;
  session-keyfile none;
  managed-keys-directory "{folder}";
  recursion no;
  allow-transfer {{ none; }};
  notify no;
  empty-zones-enable no;
  dnssec-validation no;
  check-names primary ignore;
  check-integrity no;
  max-records-per-type 0;
  max-types-per-name 0;
  minimal-responses no-auth;
  answer-cookie no;
  edns-udp-size {payload};
  max-udp-size {payload};
  version none;
  hostname none;
  server-id none;
}};
controls {{ }};
"""

_ZONE = 'zone "{origin}" {{ type primary; file "{path}"; }};\n'


@dataclass(frozen=True)
class Bind:
    """Starts ``named`` in the foreground with one thread, no recursion and no control channel."""

    payload_size: int = PAYLOAD_SIZE
    name: str = "bind"
    programs: tuple[str, ...] = ("named",)

    def start(self, folder: Path, zones: Sequence[ZoneFile]) -> NameServer:
        folder.mkdir(parents=True, exist_ok=True)
        port = free_port()
        config = folder / "named.conf"
        config.write_text(
            _SERVER.format(port=port, folder=folder, payload=self.payload_size)
            + "".join(_ZONE.format(origin=zone.origin, path=zone.path) for zone in zones)
        )
        child = Child(["named", "-g", "-n", "1", "-c", config], folder / "named.log")
        server = NameServer(self.name, "127.0.0.1", port, child)
        # It answers SERVFAIL for a while before its zones are there.
        child.wait_until(lambda: "all zones loaded" in child.log_text() and server.answers())
        return server
