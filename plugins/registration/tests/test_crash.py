"""kill -9 in the midst of a burst: the next start makes everything right, and nothing twice."""

import os
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from plugins.registration.tests.world import world

from microdns.operations import Call
from microdns_dhcp.model import ACTIVE, LEASES

pytestmark = pytest.mark.anyio

WRITER = """
import asyncio, sys
from pathlib import Path
from plugins.registration.tests.world import world

async def main():
    async with world(folder=Path(sys.argv[1])) as here:
        for number in range(10_000):
            low = number % 200 + 1
            leases = [here.new_lease(f"192.0.2.{low}", low, f"box{number % 7}-{low}")]
            leases += [here.new_lease(f"2001:db8::{low}", low, f"box{number % 7}-{low}")]
            await here.book.commit([here.book.grant(each) for each in leases])
            print(number, flush=True)

asyncio.run(main())
"""


def write_and_die(folder: Path, commits: int) -> None:
    """Grant leases in another process, and kill that after so many commits."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", WRITER, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as writer:
        assert writer.stdout is not None
        for _ in range(commits):
            assert writer.stdout.readline(), "the writer ended by itself"
        writer.kill()


async def test_names_are_whole_after_a_crash(tmp_path: Path) -> None:
    for commits in (25, 40):
        await anyio.to_thread.run_sync(write_and_die, tmp_path, commits)
        async with world(folder=tmp_path) as here:
            records = here.records()
            leases = [each for each in here.kernel.store.scan(LEASES) if each.state == ACTIVE]
            assert len(leases) >= 2 * commits
            assert len(records) == 2 * len(leases)
            done = await here.kernel.operations.call("registration.reconcile", {}, Call())
            assert done.repaired == 0, done.changes
            assert here.registrar.progress.names == len(leases)
