"""A plugin's crash is its own: it is started again with backoff, and told apart by state."""

import logging
import random
from typing import Any

import anyio
import pytest

from microdns.lifecycle.discovery import Loaded
from microdns.lifecycle.hookcalls import HookCalls
from microdns.lifecycle.record import PluginRecord, PluginState
from microdns.lifecycle.supervisor import Supervisor
from microdns.plugin import NoConfig, Plugin, hookimpl
from microdns.testing import FakeClock, LoopTime

pytestmark = pytest.mark.anyio


class Scripted(Plugin):
    """Does at each hook what the test wrote down: raise that, or go on."""

    name = "scripted"
    summary = "A plugin for tests."

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.raises: dict[str, list[BaseException]] = {}

    async def _do(self, what: str) -> None:
        self.calls.append(what)
        if self.raises.get(what):
            raise self.raises[what].pop(0)

    @hookimpl
    async def microdns_setup(self, context: Any) -> None:
        await self._do("setup")

    @hookimpl
    async def microdns_listen(self) -> None:
        await self._do("listen")

    @hookimpl
    async def microdns_run(self) -> None:
        await self._do("run")
        await anyio.sleep_forever()

    @hookimpl
    async def microdns_stop(self) -> None:
        await self._do("stop")


class Bench:
    """A supervisor with everything around it."""

    def __init__(self) -> None:
        self.plugin = Scripted()
        self.clock = FakeClock()
        self.record = PluginRecord(Loaded(self.plugin), NoConfig())
        self.missing = ""
        hooks = HookCalls()
        hooks.register(self.plugin)
        self.shown: list[str] = []
        self.supervisor = Supervisor(
            self.record,
            hooks,
            context=lambda record: None,  # type: ignore[arg-type, return-value]  # not looked at
            enter=lambda record: self.shown.append("enter"),
            leave=lambda record: self.shown.append("leave"),
            missing=lambda record: self.missing,
            moved=lambda _name: None,
            clock=self.clock,
            random=random.Random(0),
            log=logging.getLogger("microdns.test"),
        )

    def state(self) -> PluginState:
        return self.record.state

    async def start(self) -> None:
        await self.supervisor.set_up()
        await self.supervisor.listen()


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_a_plugin_goes_through_its_life_in_order(bench: Bench) -> None:
    async with anyio.create_task_group() as tasks:
        await bench.start()
        assert bench.state() == PluginState.RUNNING
        tasks.start_soon(bench.supervisor.supervise)
        await bench.clock.settle()
        await bench.supervisor.stop(60.0)
    assert bench.plugin.calls == ["setup", "listen", "run", "stop"]
    assert bench.shown == ["enter", "leave"]
    assert (bench.record.state, bench.record.error) == (PluginState.STOPPED, "")


@pytest.mark.parametrize("crash", [ValueError("broken"), SystemExit(1)])
async def test_a_crash_is_shown_and_the_task_started_again(
    bench: Bench, crash: BaseException
) -> None:
    bench.plugin.raises["run"] = [crash]
    async with anyio.create_task_group() as tasks:
        await bench.start()
        tasks.start_soon(bench.supervisor.supervise)
        await bench.clock.settle()
        assert bench.state() == PluginState.RESTARTING
        assert type(crash).__name__ in bench.record.error
        assert bench.record.up, "what it opened still serves"
        await bench.clock.advance(1.0)
        assert bench.state() == PluginState.RUNNING
        assert bench.record.restarts == 1
        await bench.supervisor.stop(60.0)
    assert bench.plugin.calls == ["setup", "listen", "run", "run", "stop"]


@pytest.mark.parametrize("where", ["setup", "listen"])
async def test_a_failed_start_is_cleaned_up_and_tried_again(bench: Bench, where: str) -> None:
    bench.plugin.raises[where] = [OSError(98, "Address already in use")]
    async with anyio.create_task_group() as tasks:
        await bench.start()
        assert bench.state() == PluginState.FAILED
        assert "Address already in use" in bench.record.error
        assert bench.plugin.calls[-1] == "stop"
        assert bench.shown[-1] == "leave"
        tasks.start_soon(bench.supervisor.supervise)
        await bench.clock.advance(1.0)
        assert bench.state() == PluginState.RUNNING
        assert bench.record.error == ""
        await bench.supervisor.stop(60.0)


async def test_a_plugin_waits_for_what_it_requires(bench: Bench) -> None:
    bench.missing = "dns"
    async with anyio.create_task_group() as tasks:
        await bench.start()
        assert bench.record.error == "requires dns, which is not running"
        assert bench.plugin.calls == []
        tasks.start_soon(bench.supervisor.supervise)
        await bench.clock.advance(1.0)
        assert bench.state() == PluginState.FAILED
        bench.missing = ""
        await bench.clock.advance(10.0)
        assert bench.state() == PluginState.RUNNING
        await bench.supervisor.stop(60.0)


async def test_a_slow_stop_is_cut_off_and_named(bench: Bench) -> None:
    async def hang() -> None:
        await anyio.sleep_forever()

    bench.plugin._do = lambda what: hang()  # type: ignore[method-assign]  # a hook that hangs
    bench.record.state = PluginState.RUNNING
    await bench.supervisor.stop(0.05)
    assert bench.state() == PluginState.STOPPED
    assert "did not stop within" in bench.record.error


async def test_no_stop_is_cut_off_because_the_machine_stood_still(bench: Bench) -> None:
    closed = anyio.Event()
    bench.plugin._do = lambda what: closed.wait()  # type: ignore[method-assign]  # a hook that waits
    bench.record.state = PluginState.RUNNING
    with LoopTime() as loop_time:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bench.supervisor.stop, 1.0)
            await loop_time.advance(100)
            assert bench.state() == PluginState.STOPPING
            closed.set()
    assert (bench.record.state, bench.record.error) == (PluginState.STOPPED, "")


async def test_a_stop_while_it_waits_to_start_again_is_quick(bench: Bench) -> None:
    bench.plugin.raises["run"] = [ValueError("broken")]
    async with anyio.create_task_group() as tasks:
        await bench.start()
        tasks.start_soon(bench.supervisor.supervise)
        await bench.clock.settle()
        await bench.supervisor.stop(60.0)
    assert bench.state() == PluginState.STOPPED
