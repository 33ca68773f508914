"""Broken third-party plugins leave DNS answering, and are named by status, metrics and log."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import pytest
from tests.peers.process import free_port

from microdns.testing.site import add_plugin

SECONDS_MAX = 60.0

IMPORT_ERROR = "import a_module_that_nobody_has\n"
SYSTEM_EXIT = "raise SystemExit('I leave')\n"
MISSPELLED = """
class Toy(Plugin):
    name = "NAME"
    summary = "Has a typo."
    section = Section("NAME", msgspec.defstruct("Config", []))

    @hookimpl
    async def microdns_setpu(self, context):
        pass
"""
TEMPLATE = """
class Toy(Plugin):
    name = "NAME"
    summary = "Fails in its own way."
    section = Section("NAME", msgspec.defstruct("Config", []))

    @hookimpl
    async def HOOK(self):
        CODE
"""


def fails_in(hook: str, code: str) -> str:
    body = TEMPLATE.replace("HOOK", hook).replace("CODE", code)
    return body.replace("(self)", "(self, context)") if hook == "microdns_setup" else body


PLUGINS = {
    "importer": IMPORT_ERROR,
    "leaver": SYSTEM_EXIT,
    "speller": MISSPELLED,
    "setter": fails_in("microdns_setup", "raise RuntimeError('no setup')"),
    "crasher": fails_in("microdns_run", "raise RuntimeError('no run')"),
    "exiter": fails_in("microdns_run", "raise SystemExit(1)"),
    "slowstop": fails_in("microdns_stop", "await anyio.sleep_forever()"),
}
STATES = {
    "importer": {"failed"},
    "leaver": {"failed"},
    "speller": {"failed"},
    "setter": {"failed"},
    "crasher": {"restarting", "running"},
    "exiter": {"restarting", "running"},
    "slowstop": {"running"},
    "auth": {"running"},
    "dns": {"running"},
    "metrics": {"running"},
}


class Instance:
    """A server with every broken plugin installed and enabled."""

    def __init__(self, folder: Path) -> None:
        self.port, self.metrics_port = free_port(), free_port()
        self.log = folder / "log"
        config = folder / "microdns.toml"
        config.write_text(
            f'[database]\npath = "db"\n'
            f'[dns.auth]\nenabled = true\nlisten = "127.0.0.1:{self.port}"\n'
            f'zones = ["example.com"]\n'
            f'[metrics]\nenabled = true\nlisten = "127.0.0.1:{self.metrics_port}"\n'
            + "".join(f"[{name}]\n" for name in PLUGINS)
        )
        for name, body in PLUGINS.items():
            add_plugin(folder / "site", name, body)
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(folder / "site"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "MICRODNS_CONFIG": str(config),
        }
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "microdns", "run"], env=self.environment, stderr=output
            )

    def wait_for(self, *texts: str) -> None:
        """Return when the log has all of these."""
        deadline = time.monotonic() + SECONDS_MAX
        while not all(each in self.log.read_text() for each in texts):
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.02)

    def answers(self) -> bool:
        query = dns.message.make_query("example.com", "SOA")
        response = dns.query.udp(query, "127.0.0.1", SECONDS_MAX, port=self.port)
        return response.rcode() == dns.rcode.NOERROR and bool(response.answer)

    def states(self) -> dict[str, tuple[str, str]]:
        listed = subprocess.run(
            [sys.executable, "-m", "microdns", "plugins", "--json"],
            env=self.environment,
            capture_output=True,
            check=True,
        )
        return {each["name"]: (each["state"], each["error"]) for each in json.loads(listed.stdout)}

    def scrape(self) -> str:
        url = f"http://127.0.0.1:{self.metrics_port}/metrics"
        with urllib.request.urlopen(url, timeout=SECONDS_MAX) as response:
            text: str = response.read().decode()
        return text


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    started = Instance(tmp_path_factory.mktemp("broken"))
    try:
        started.wait_for('"kernel.ready"')
        yield started
    finally:
        started.process.kill()
        started.process.wait()


def test_dns_answers_beside_them(instance: Instance) -> None:
    assert instance.answers()


def test_status_names_each_with_its_reason(instance: Instance) -> None:
    states = instance.states()
    assert {name: state in STATES[name] for name, (state, _) in states.items()} == dict.fromkeys(
        STATES, True
    )
    assert "a_module_that_nobody_has" in states["importer"][1]
    assert "SystemExit: I leave" in states["leaver"][1]
    assert "microdns_setpu" in states["speller"][1]
    assert "RuntimeError: no setup" in states["setter"][1]


def test_metrics_name_each(instance: Instance) -> None:
    lines = instance.scrape().splitlines()
    for name in ("importer", "leaver", "speller", "setter"):
        assert f'microdns_plugin_state{{plugin="{name}",state="failed"}} 1.0' in lines
    restarts = [line for line in lines if line.startswith("microdns_plugin_restarts_total")]
    assert any('plugin="crasher"' in line and not line.endswith(" 0.0") for line in restarts)


def test_the_log_names_each(instance: Instance) -> None:
    names = ("importer", "leaver", "speller", "setter", "crasher", "exiter")
    instance.wait_for(*(f'"plugin":"{name}"' for name in names))


def test_the_stop_is_within_its_deadline_in_spite_of_the_slow_one(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    try:
        instance.wait_for('"kernel.ready"')
        assert instance.answers()
        instance.process.send_signal(signal.SIGTERM)
        # It would not be 0 beyond the deadline: the process ends itself then.
        assert instance.process.wait(SECONDS_MAX) == 0
        assert '"plugin.slow_stop"' in instance.log.read_text()
    finally:
        instance.process.kill()
        instance.process.wait()
