"""The kernel: opens the store, brings plugins up in order, keeps them up, takes them down."""

import logging
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.abc

from microdns.access import KEYS, Authenticator, KeyCreated, KeyDeleted
from microdns.bus import Bus
from microdns.clock import Clock, SystemClock
from microdns.control.server import ControlServer
from microdns.errors import Conflict, NotFound
from microdns.lifecycle import logevents
from microdns.lifecycle.assembly import Assembly
from microdns.lifecycle.declarations import Declarations
from microdns.lifecycle.discovery import Loaded, PluginError, describe
from microdns.lifecycle.hookcalls import HookCalls
from microdns.lifecycle.metrics import KernelMetrics
from microdns.lifecycle.operations import kernel_operations
from microdns.lifecycle.order import dependants
from microdns.lifecycle.record import PluginRecord, PluginState
from microdns.lifecycle.supervisor import Supervisor
from microdns.logs import Logs
from microdns.logs.metrics import LogMetrics
from microdns.metrics import MetricRegistry
from microdns.network import Network, SystemNetwork
from microdns.operations import OperationRegistry
from microdns.plugin import PluginContext, Services
from microdns.running import Running
from microdns.store import Store
from microdns.tabs import TabRegistry

STOP_SECONDS = 8.0


class Kernel:
    """One running instance.  ``async with kernel.running(): ...`` is its whole life."""

    def __init__(
        self,
        assembly: Assembly,
        *,
        clock: Clock | None = None,
        network: Network | None = None,
        random_source: random.Random | None = None,
        logs: Logs | None = None,
    ) -> None:
        self.assembly = assembly
        self.instance = assembly.instance
        self.clock = clock or SystemClock()
        self.network = network or SystemNetwork()
        self.random = random_source or random.Random()  # noqa: S311 (for backoff, not for secrets)
        self.log = logging.getLogger("microdns.kernel")
        self.logs = logs or Logs(assembly.logging)
        self.operations = OperationRegistry()
        self.metrics = MetricRegistry()
        self.services = Services()
        self.tabs = TabRegistry()
        self.services.provide("kernel", TabRegistry, self.tabs)
        self.records: dict[str, PluginRecord] = {}
        self.plugins_running = Running(self.records, self.log)
        self.started_ns = 0
        self.ready = False
        self._hooks = HookCalls()
        self._declarations = Declarations()
        self._supervisors: dict[str, Supervisor] = {}
        self._control: ControlServer | None = None
        self._tasks: anyio.abc.TaskGroup
        self.store: Store
        self.bus: Bus

    @asynccontextmanager
    async def running(self, *, listen: bool = True) -> AsyncIterator["Kernel"]:
        """Everything up inside the block, and down after it.

        ``listen=False`` opens no socket and runs no task: for work on the store while nobody
        serves it.  Raises ``StoreLocked``, ``StorageFault``, or what a migration raises.
        """
        self.started_ns = self.clock.time_ns()
        self.operations.add("kernel", kernel_operations(self))
        self._admit_all()
        await self._open_store()
        failure: Exception | None = None
        try:
            async with anyio.create_task_group() as self._tasks:
                try:
                    await self._start(listen)
                    yield self
                except Exception as error:
                    # Raised outside of the group, which would wrap it.
                    failure = error
                finally:
                    with anyio.CancelScope(shield=True):
                        await self._stop()
                        self._tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                self.bus.close()
                await self.store.close()
        if failure is not None:
            raise failure

    # What is there to run

    def _admit_all(self) -> None:
        self.metrics.add("kernel", KernelMetrics(self))
        self.metrics.add("logging", LogMetrics(self.logs))
        for loaded in self.assembly.plugins.values():
            self._admit(loaded)

    def _admit(self, loaded: Loaded) -> PluginRecord:
        """Note a plugin; one with broken declarations is noted as failed and left alone."""
        name = loaded.plugin.name
        record = PluginRecord(loaded, self.assembly.configs[name])
        self.records[name] = record
        try:
            self._hooks.register(loaded.plugin)
            record.migrations = tuple(self._declared(loaded, "microdns_migrations"))
            hooks = ("collections", "events", "operations", "tabs")
            declared = {
                f"microdns_{each}": tuple(self._declared(loaded, f"microdns_{each}"))
                for each in hooks
            }
            self._declarations.admit(name, declared)
            for each in hooks:
                setattr(record, each, declared[f"microdns_{each}"])
        except (Exception, SystemExit) as error:
            record.state = PluginState.FAILED
            record.error = describe(error)
            record.broken = True
            logevents.PLUGIN_BROKEN(
                self.log,
                "plugin %s can't be used: %s",
                name,
                record.error,
                error=None if isinstance(error, PluginError) else error,
                plugin=name,
            )
        return record

    def _declared(self, loaded: Loaded, hook: str) -> Any:
        return self._hooks.call(loaded.plugin, hook) or ()

    async def _open_store(self) -> None:
        usable = [record for record in self.records.values() if not record.broken]
        self.store = await Store.open(
            self.assembly.database,
            collections=[KEYS, *(each for record in usable for each in record.collections)],
            events=[
                KeyCreated,
                KeyDeleted,
                *(each for record in usable for each in record.events),
            ],
            migrations={record.name: record.migrations for record in usable},
            clock=self.clock,
            options=self.assembly.store_options,
        )
        self.bus = Bus(self.store.journal, self.clock)
        self.metrics.add("store", self.store.metrics)
        self.metrics.add("bus", self.bus.metrics)
        self.services.provide("kernel", Running, self.plugins_running)
        self.services.provide("kernel", Authenticator, Authenticator(self.store, self.clock))

    # Up

    async def _start(self, listen: bool) -> None:
        usable = [record for record in self.records.values() if not record.broken]
        for record in usable:
            self._supervisors[record.name] = self._supervisor(record)
            await self._supervisors[record.name].set_up()
        if not listen:
            return
        for record in usable:
            await self._supervisors[record.name].listen()
        for record in usable:
            self._tasks.start_soon(self._supervisors[record.name].supervise)
        await self._open_control()
        self.ready = True
        self._tell_ready()

    def _supervisor(self, record: PluginRecord) -> Supervisor:
        return Supervisor(
            record,
            self._hooks,
            context=self._context,
            enter=self._enter,
            leave=self._leave,
            missing=self._missing,
            moved=self.plugins_running.moved,
            clock=self.clock,
            random=self.random,
            log=self.log,
        )

    def _context(self, record: PluginRecord) -> PluginContext[Any]:
        return PluginContext(
            name=record.name,
            config=record.config,
            instance=self.instance,
            store=self.store,
            bus=self.bus,
            operations=self.operations,
            metrics=self.metrics,
            services=self.services,
            clock=self.clock,
            random=self.random,
            network=self.network,
            log=logging.getLogger(f"microdns.{record.name}"),
        )

    def _enter(self, record: PluginRecord) -> None:
        self.operations.add(record.name, record.operations)
        self.tabs.add(record.name, record.tabs)

    def _leave(self, record: PluginRecord) -> None:
        self.operations.remove(record.name)
        self.tabs.remove(record.name)
        self.metrics.remove(record.name)
        self.services.withdraw(record.name)

    def _missing(self, record: PluginRecord) -> str:
        for required in record.loaded.plugin.requires:
            needed = self.records.get(required)
            if needed is None or not (needed.up or needed.state is PluginState.STARTING):
                return required
        return ""

    async def _open_control(self) -> None:
        if self.assembly.control_socket is None:
            return
        control = ControlServer(str(self.assembly.control_socket), self.operations, self.log)
        try:
            await control.listen()
        except OSError as error:
            logevents.CONTROL_FAILED(
                self.log,
                "can't open the local socket %s: %s (commands can't reach this process; "
                "instance.control_socket chooses another path)",
                control.path,
                error.strerror or error,
            )
            return
        self._control = control
        self._tasks.start_soon(control.serve)

    def _tell_ready(self) -> None:
        up = [record.name for record in self.records.values() if record.up]
        milliseconds = (self.clock.time_ns() - self.started_ns) // 1_000_000
        logevents.READY(
            self.log,
            "ready after %d ms: %s",
            milliseconds,
            ", ".join(up) or "no plugin",
            plugins=up,
            milliseconds=milliseconds,
        )

    def facts(self, record: PluginRecord) -> Mapping[str, Any]:
        """What a plugin says of itself; raises whatever it raises."""
        told: Mapping[str, Any] = self._hooks.call(record.loaded.plugin, "microdns_status") or {}
        return told

    # Down

    async def _stop(self) -> None:
        """Stop plugins in reverse order, each within its share of what is left of the deadline."""
        self.ready = False
        self.plugins_running.stopping = True
        deadline = self.clock.monotonic() + STOP_SECONDS
        if self._control is not None:
            await self._control.close()
        left = list(reversed(self._supervisors))
        while left:
            share = max(0.1, deadline - self.clock.monotonic()) / len(left)
            await self._stop_one(left.pop(0), share)

    async def _stop_one(self, name: str, seconds: float) -> None:
        supervisor = self._supervisors.pop(name)
        await supervisor.stop(seconds)

    # One plugin in a live process

    async def start_plugin(self, name: str) -> PluginRecord:
        """Bring up a plugin, and before it what it requires.

        Raises ``Conflict`` when it runs already, ``PluginError`` or ``ConfigError`` when it can't
        be loaded or configured.
        """
        record = self.records.get(name) or await self._admit_late(name)
        if name in self._supervisors:
            raise Conflict(f"plugin {name} is {record.state}")
        for required in record.loaded.plugin.requires:
            if required not in self._supervisors:
                await self.start_plugin(required)
        if record.broken:
            raise PluginError(f"plugin {name} can't be used: {record.error}")
        supervisor = self._supervisors[name] = self._supervisor(record)
        await supervisor.set_up()
        await supervisor.listen()
        self._tasks.start_soon(supervisor.supervise)
        return record

    async def stop_plugin(self, name: str, *, with_dependants: bool = False) -> PluginRecord:
        """Take down a plugin; raises ``Conflict`` while others need it, unless they go too."""
        record = self.records.get(name)
        if record is None:
            raise NotFound(f"no plugin {name}")
        if name not in self._supervisors:
            raise Conflict(f"plugin {name} is {record.state}")
        running = {each: self.records[each].loaded for each in self._supervisors}
        needing = dependants(name, running)
        if needing and not with_dependants:
            raise Conflict(f"plugin {name} is needed by {', '.join(needing)}")
        for each in (*needing, name):
            await self._stop_one(each, STOP_SECONDS)
        return record

    async def _admit_late(self, name: str) -> PluginRecord:
        if self.assembly.add is None:
            raise NotFound(f"no plugin {name}")
        loaded, config = self.assembly.add(name)
        for required in loaded.plugin.requires:
            if required not in self.records:
                await self._admit_late(required)
        self.assembly = self.assembly.with_plugin(loaded, config)
        record = self._admit(loaded)
        if not record.broken:
            await self.store.migrate({record.name: record.migrations})
            await self.store.declare(record.collections, record.events)
        return record
