"""An installation of three packages: small, complete, and it serves.

How soon it is ready and how much memory it takes: ``make bench ARGS=startup``.
"""

from pathlib import Path

import pytest
from tests.environments import Environment, make_environment
from tests.repository.tree import plugins
from tests.trimmed.server import Server

ABSENT = {
    "litestar",
    "uvicorn",
    "grpclib",
    "betterproto2",
    "confluent-kafka",
    "prometheus-client",
    "prometheus_client",
    "pytest",
    "setuptools",
}

RECORD = ["www", "A", "192.0.2.1"]


@pytest.fixture(scope="module")
def trimmed(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """``microdns-core``, ``microdns-dns``, ``microdns-auth``, and what they declare."""
    auth = next(package for package in plugins() if package.name == "microdns-auth")
    return make_environment(tmp_path_factory.mktemp("trimmed") / "environment", [auth])


def test_holds_what_was_asked_for_and_nothing_large(trimmed: Environment) -> None:
    installed = trimmed.installed()
    ours = {name for name in installed if name.startswith("microdns")}
    assert ours == {"microdns-core", "microdns-dns", "microdns-auth"}
    assert not installed & ABSENT


def test_serves(trimmed: Environment, tmp_path: Path) -> None:
    with Server(trimmed, tmp_path) as server:
        server.wait_until_ready()
        for words in (["zone", "create", "a.example"], ["record", "create", "a.example", *RECORD]):
            done = server.command(*words)
            assert done.returncode == 0, done.stderr
        assert server.ask("www.a.example") == ["192.0.2.1"]
    assert server.exit_code == 0
    assert "Traceback" not in server.output


def test_names_the_package_of_a_plugin_that_it_lacks(trimmed: Environment, tmp_path: Path) -> None:
    with Server(trimmed, tmp_path, plugins="auth,metrics") as server:
        pass
    assert server.exit_code == 2
    assert "microdns-metrics" in server.output
    assert len(server.output.strip().splitlines()) == 1
