"""One plugin's life: set up, listen, run, again after a crash, stop."""

import logging
import random
from collections.abc import Callable
from typing import Any

import anyio

from microdns.clock import Clock
from microdns.lifecycle import logevents
from microdns.lifecycle.backoff import Backoff
from microdns.lifecycle.discovery import describe
from microdns.lifecycle.hookcalls import HookCalls
from microdns.lifecycle.record import PluginRecord, PluginState
from microdns.patience import parts_of
from microdns.plugin import Plugin, PluginContext

# SystemExit ends the whole process when it leaves a task, so a plugin's is taken as a crash.
CRASHES = (Exception, SystemExit)


class Supervisor:
    """Moves a plugin between its states, and keeps what it raises from everybody else."""

    def __init__(
        self,
        record: PluginRecord,
        hooks: HookCalls,
        *,
        context: Callable[[PluginRecord], PluginContext[Any]],
        enter: Callable[[PluginRecord], None],
        leave: Callable[[PluginRecord], None],
        missing: Callable[[PluginRecord], str],
        moved: Callable[[str], None],
        clock: Clock,
        random: random.Random,
        log: logging.Logger,
    ) -> None:
        """``enter`` and ``leave`` show and hide what the plugin offers to others;
        ``missing`` names a required plugin that is not up, or gives an empty text;
        ``moved`` is told the plugin's name after each change of its state."""
        self.record = record
        self._hooks = hooks
        self._context = context
        self._enter = enter
        self._leave = leave
        self._missing = missing
        self._moved = moved
        self._clock = clock
        self._random = random
        self._log = log
        self._scope: anyio.CancelScope | None = None
        self._finished = anyio.Event()

    @property
    def _plugin(self) -> Plugin:
        return self.record.loaded.plugin

    async def set_up(self) -> None:
        """Run the plugin's setup; a failure becomes its state."""
        missing = self._missing(self.record)
        if missing:
            self._move(PluginState.FAILED, f"requires {missing}, which is not running")
            return
        self._move(PluginState.STARTING)
        try:
            await self._hooks.run(
                self._plugin, "microdns_setup", context=self._context(self.record)
            )
            self._enter(self.record)
        except CRASHES as error:
            await self._failed_to_start(error)

    async def listen(self) -> None:
        """Open the plugin's sockets; from here on it is running."""
        if self.record.state is not PluginState.STARTING:
            return
        try:
            await self._hooks.run(self._plugin, "microdns_listen")
        except CRASHES as error:
            await self._failed_to_start(error)
        else:
            self._move(PluginState.RUNNING)

    async def supervise(self) -> None:
        """Run the plugin's task, and start it again after a crash, until cancelled."""
        starting = Backoff(self._random)
        running = Backoff(self._random)
        with anyio.CancelScope() as scope:
            self._scope = scope
            while True:
                if self.record.state is PluginState.FAILED:
                    await self._clock.sleep(starting.failed(0))
                    await self.set_up()
                    await self.listen()
                elif await self._run_once(running):
                    break
        self._scope = None
        self._finished.set()

    async def stop(self, seconds: float) -> None:
        """End the plugin's task and close what it opened, within ``seconds``."""
        was_up = self.record.up
        self._move(PluginState.STOPPING)
        with anyio.CancelScope() as limit:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_cancel_after, seconds, limit)
                await self._end(was_up)
                tasks.cancel_scope.cancel()
        self._leave(self.record)
        late = f"did not stop within {seconds:.1f} s" if limit.cancelled_caught else ""
        if late:
            name = self.record.name
            logevents.PLUGIN_SLOW_STOP(self._log, "plugin %s %s", name, late, plugin=name)
        self._move(PluginState.STOPPED, late)

    async def _end(self, was_up: bool) -> None:
        if self._scope is not None:
            self._scope.cancel()
            await self._finished.wait()
        if was_up:
            await self._close()

    async def _run_once(self, backoff: Backoff) -> bool:
        """Run the task; True when it ended by itself, False when it crashed."""
        self.record.state = PluginState.RUNNING
        started = self._clock.monotonic()
        try:
            await self._hooks.run(self._plugin, "microdns_run")
        except CRASHES as error:
            self.record.restarts += 1
            delay = backoff.failed(self._clock.monotonic() - started)
            self._move(PluginState.RESTARTING, describe(error))
            logevents.PLUGIN_CRASHED(
                self._log,
                "plugin %s crashed: %s (starting it again in %.1f s)",
                self.record.name,
                describe(error),
                delay,
                error=error,
                plugin=self.record.name,
            )
            await self._clock.sleep(delay)
            return False
        return True

    async def _failed_to_start(self, error: BaseException) -> None:
        self._move(PluginState.FAILED, describe(error))
        # An OSError is the machine's state (a port in use), told by its text; others are defects.
        logevents.PLUGIN_FAILED(
            self._log,
            "plugin %s can't start: %s",
            self.record.name,
            describe(error),
            error=None if isinstance(error, OSError) else error,
            plugin=self.record.name,
        )
        await self._close()
        self._leave(self.record)

    async def _close(self) -> None:
        try:
            await self._hooks.run(self._plugin, "microdns_stop")
        except CRASHES as error:
            logevents.PLUGIN_FAILED_STOP(
                self._log,
                "plugin %s failed while stopping: %s",
                self.record.name,
                describe(error),
                error=error,
                plugin=self.record.name,
            )

    def _move(self, state: PluginState, error: str = "") -> None:
        self.record.state = state
        self.record.error = error
        self.record.since_ns = self._clock.time_ns()
        self._moved(self.record.name)


async def _cancel_after(seconds: float, scope: anyio.CancelScope) -> None:
    for part in parts_of(seconds):
        await anyio.sleep(part)
    scope.cancel()
