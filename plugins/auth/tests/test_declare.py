"""Zones that the configuration declares: in files and by name, at every start."""

import os
from pathlib import Path

import pytest
from plugins.auth.tests.asking import ask

from microdns.config import ConfigError
from microdns.errors import Denied
from microdns.lifecycle.kernel import Kernel
from microdns.lifecycle.record import PluginState
from microdns.operations import Call
from microdns.testing import run_kernel
from microdns_auth.plugin import AuthPlugin
from microdns_dns.protocol import RRType
from microdns_dns.repository import Add, Draft, ZoneRepository
from microdns_dns.view import Views

pytestmark = pytest.mark.anyio

CONFIG = """
[dns.auth]
enabled = true
listen = "127.0.0.1:0"
[dns.auth.zone_files]
"example.com" = "example.zone"
"""
ZONE = """$TTL 300
@ SOA ns1 admin 2026010100 3600 600 1209600 60
@ NS ns1
ns1 A 192.0.2.1
www A 192.0.2.80
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "example.zone").write_text(ZONE)
    return tmp_path


def repository(kernel: Kernel) -> ZoneRepository:
    return kernel.services.require(ZoneRepository)


async def test_a_zone_file_is_answered_from(folder: Path) -> None:
    async with run_kernel([AuthPlugin()], CONFIG, folder=folder) as kernel:
        assert await ask(kernel, "www.example.com") == "NOERROR 192.0.2.80"
        assert "2026010100" in await ask(kernel, "example.com", "SOA")


async def test_the_next_start_without_a_change_changes_nothing(folder: Path) -> None:
    async with run_kernel([AuthPlugin()], CONFIG, folder=folder) as kernel:
        before = repository(kernel).zone("example.com"), kernel.store.sequence
    async with run_kernel([AuthPlugin()], CONFIG, folder=folder) as kernel:
        assert (repository(kernel).zone("example.com"), kernel.store.sequence) == before


async def test_the_next_start_takes_what_changed_in_the_file_and_nothing_else(
    folder: Path,
) -> None:
    async with run_kernel([AuthPlugin()], CONFIG, folder=folder) as kernel:
        before = {record.id for record in repository(kernel).records("example.com")}
    (folder / "example.zone").write_text(ZONE.replace("192.0.2.80", "192.0.2.81"))
    async with run_kernel([AuthPlugin()], CONFIG, folder=folder) as kernel:
        assert await ask(kernel, "www.example.com") == "NOERROR 192.0.2.81"
        assert "2026010101" in await ask(kernel, "example.com", "SOA")
        after = {record.id for record in repository(kernel).records("example.com")}
        assert len(before & after) == len(before) - 1


async def test_what_the_file_says_is_read_only_and_others_may_be_added(folder: Path) -> None:
    async with run_kernel([AuthPlugin()], CONFIG, folder=folder) as kernel:
        added = Draft("added", RRType.A, b"\xc0\0\2\2")
        await repository(kernel).change(Call(), "example.com", [Add(added)])
        with pytest.raises(Denied):
            await repository(kernel).delete_zone(Call(), "example.com")
    async with run_kernel([AuthPlugin()], CONFIG, folder=folder) as kernel:
        assert await ask(kernel, "added.example.com") == "NOERROR 192.0.2.2"


async def test_a_zone_may_be_named_and_have_a_file(folder: Path) -> None:
    config = CONFIG.replace(
        "[dns.auth.zone_files]", 'zones = ["EXAMPLE.com"]\n[dns.auth.zone_files]'
    )
    async with run_kernel([AuthPlugin()], config, folder=folder) as kernel:
        assert await ask(kernel, "www.example.com") == "NOERROR 192.0.2.80"


async def test_every_mistake_in_zone_files_is_told_before_the_start(folder: Path) -> None:
    (folder / "example.zone").write_text(ZONE + "a A 192.0.2.300\nb CNAME x..y\n")
    config = f'{CONFIG}\n"example.org" = "missing.zone"\n'
    with pytest.raises(ConfigError) as caught:
        async with run_kernel([AuthPlugin()], config, folder=folder):
            pass
    text = str(caught.value)
    assert "example.zone:6" in text
    assert "example.zone:7" in text
    assert "missing.zone: No such file" in text


async def test_a_file_of_another_zone_is_a_mistake(folder: Path) -> None:
    (folder / "example.zone").write_text("$ORIGIN example.net.\n" + ZONE)
    with pytest.raises(ConfigError, match=r"example\.net"):
        async with run_kernel([AuthPlugin()], CONFIG, folder=folder):
            pass


async def test_a_file_that_is_changed_and_broken_later_fails_the_plugin_and_loses_nothing(
    folder: Path,
) -> None:
    async with run_kernel([AuthPlugin()], CONFIG, folder=folder) as kernel:
        await kernel.stop_plugin("auth")
        (folder / "example.zone").write_text("broken")
        await kernel.start_plugin("auth")
        record = kernel.records["auth"]
        assert record.state is PluginState.FAILED
        assert "example.zone:1" in record.error
        view = kernel.services.require(Views).zone("example.com")
        assert view is not None


async def test_a_pipe_and_a_device_are_no_zone_files(folder: Path) -> None:
    (folder / "example.zone").unlink()
    os.mkfifo(folder / "example.zone")
    for path in ("example.zone", "/dev/zero"):
        with pytest.raises(ConfigError, match="not a file"):
            async with run_kernel(
                [AuthPlugin()], CONFIG.replace("example.zone", path), folder=folder
            ):
                pass
