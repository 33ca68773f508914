"""Who runs, as plugins see it."""

import pytest

from microdns.plugin import NoConfig, Plugin, PluginContext, hookimpl
from microdns.running import Running
from microdns.testing import run_kernel

pytestmark = pytest.mark.anyio


class FirstPlugin(Plugin):
    name = "first"
    summary = "Is followed"


class SecondPlugin(Plugin):
    """Follows the other without requiring it."""

    name = "second"
    summary = "Follows"

    def __init__(self) -> None:
        self.told: list[tuple[str, bool | None]] = []

    @hookimpl
    async def microdns_setup(self, context: PluginContext[NoConfig]) -> None:
        running = context.services.require(Running)
        self.at_setup = running.up("first"), running.up("absent")

        def changed(name: str) -> None:
            self.told.append((name, running.up(name)))
            if name == "first":
                raise ValueError("a defect of the follower")

        self.leave = running.follow(changed)


async def test_a_plugin_follows_another_that_stops_and_starts() -> None:
    second = SecondPlugin()
    async with run_kernel([FirstPlugin(), second]) as kernel:
        assert second.at_setup == (False, None)
        assert second.told == [("first", True), ("second", True)]
        await kernel.stop_plugin("first")
        await kernel.start_plugin("first")
        assert second.told[2:] == [("first", False), ("first", True)]
        second.leave()
        second.leave()
        await kernel.stop_plugin("first")
        assert len(second.told) == 4
