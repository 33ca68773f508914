"""Imports survive whole or not at all, and images tell the truth, when the process is killed."""

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("microdns_dns.engine.core", reason="the engine is not built")

from tests.fault.zone_writer import RECORDS, serving

from microdns.store import Store
from microdns_dns.feed import build_zone
from microdns_dns.model import RECORDS as STORED
from microdns_dns.model import ZONES, Record, id_key
from microdns_dns.view import Views

ROOT = Path(__file__).parents[2]
KILLS = 5
ZONES_A_KILL = 100


def run_and_kill(path: Path, first: int, lines: int, seconds: float) -> set[tuple[int, str]]:
    """Start the imports, and kill the process some time after so many were acknowledged."""
    command = [sys.executable, "-m", "tests.fault.zone_writer", str(path), str(first)]
    told = set()
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as process:
        assert process.stdout is not None
        for _ in range(lines):
            number, what = process.stdout.readline().split()
            told.add((int(number), what))
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
        told.update((int(number), what) for number, what in map(str.split, process.stdout))
    assert process.returncode == -9
    return told


async def examine(path: Path, told: set[tuple[int, str]]) -> float:
    """Hold the store against what was acknowledged, views against the store; images used."""
    async with serving(path) as (repository, views, keeping):
        store = repository.store
        for number, what in told:
            zone = repository.zone(f"zone{number}.example")
            assert zone.record_count >= RECORDS + (what == "changed")
        await check_views(store, views)
        assert sum(1 for _ in store.scan(STORED)) == sum(
            zone.record_count for zone in store.scan(ZONES)
        )
        return keeping._metrics.loaded.value


async def check_views(store: Store, views: Views) -> None:
    for zone in store.scan(ZONES):
        records = records_of(store, zone.id)
        assert len(records) == zone.record_count
        view = views.by_id(zone.id)
        assert view is not None
        built = await build_zone(Views(), zone, records)
        assert {owner: view.nodes[owner] for owner in view.nodes} == dict(built.nodes)
        assert view.soa == built.soa


def records_of(store: Store, zone_id: str) -> list[Record]:
    return list(store.scan(STORED, id_key(zone_id)))


def test_kill_9_amid_imports_and_images(tmp_path: Path) -> None:
    random.seed(2)
    told: set[tuple[int, str]] = set()
    loaded = 0.0
    for number in range(KILLS):
        told |= run_and_kill(
            tmp_path / "db", number * ZONES_A_KILL, random.randrange(1, 6), random.random() * 0.3
        )
        loaded += asyncio.run(examine(tmp_path / "db", told))
    assert loaded > KILLS
