"""``microdns zone …`` beside ``microdns run``: what a command says, the next packet says too."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers import MicroDns, NameServer
from tests.peers.microdns import CONFIG_NAME
from tests.peers.process import find_program

pytestmark = pytest.mark.needs("dig", "kdig")

_ZONE = """\
$TTL 300
@    SOA ns1 hostmaster 10 3600 900 604800 60
@    NS  ns1
ns1  A   192.0.2.1
www  A   192.0.2.10
"""


class Desk:
    """A server, and the commands that are typed beside it."""

    def __init__(self, server: NameServer, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.config = folder / "microdns" / CONFIG_NAME

    def microdns(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "MICRODNS_CONFIG": str(self.config)}
        return subprocess.run(
            [sys.executable, "-m", "microdns", *words],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=self.folder,
            env=environment,
            check=False,
        )

    def done(self, *words: str) -> str:
        """What a command prints that must succeed."""
        result = self.microdns(*words)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def dig(self, *words: str, tool: str = "dig") -> list[str]:
        program = find_program(tool)
        assert program is not None
        address = [f"@{self.server.host}", "-p", str(self.server.port)]
        shown = subprocess.run(
            [program, *address, "+short", "+timeout=30", *words],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return shown.stdout.splitlines()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    with MicroDns().start(folder / "microdns", []) as server:
        yield Desk(server, folder)


def test_a_zone_goes_in_is_listed_answered_changed_and_comes_out(desk: Desk) -> None:
    file = desk.folder / "desk.test.zone"
    file.write_text(_ZONE)
    assert desk.dig("www.desk.test") == []

    desk.done("zone", "import", str(file))
    listed = json.loads(desk.done("--json", "zone", "list"))
    assert "desk.test" in json.dumps(listed)
    assert "desk.test" in desk.done("zone", "list")
    assert desk.dig("www.desk.test") == ["192.0.2.10"]
    assert desk.dig("+tcp", "www.desk.test", tool="kdig") == ["192.0.2.10"]

    file.write_text(_ZONE.replace("192.0.2.10", "192.0.2.11"))
    tried = desk.done("zone", "import", str(file), "--dry-run")
    assert "would import desk.test: 1 added, 0 changed, 1 removed" in tried
    assert desk.dig("www.desk.test") == ["192.0.2.10"]
    desk.done("zone", "import", str(file))
    assert desk.dig("www.desk.test") == ["192.0.2.11"]
    serial = desk.dig("desk.test", "SOA")[0].split()[2]
    assert int(serial) > 10

    exported = desk.done("zone", "export", "desk.test")
    assert "192.0.2.11" in exported
    assert serial in exported

    desk.done("zone", "delete", "desk.test", "--yes")
    assert desk.dig("www.desk.test") == []


def test_a_broken_file_changes_nothing_and_names_its_lines(desk: Desk) -> None:
    file = desk.folder / "broken.test.zone"
    file.write_text(f"{_ZONE}bad A 192.0.2.400\nworse MX ten mail\n")
    result = desk.microdns("zone", "import", str(file))
    assert result.returncode not in (0, 1)
    assert f"{file}:6: " in result.stderr
    assert f"{file}:7: " in result.stderr
    assert "Traceback" not in result.stderr
    assert "broken.test" not in desk.done("zone", "list")
    assert desk.dig("www.broken.test") == []
