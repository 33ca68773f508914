"""What runs, and starting and stopping parts of it."""

import os
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from microdns import __version__
from microdns.lifecycle.discovery import describe
from microdns.lifecycle.operations import samples
from microdns.lifecycle.operations.base import KernelOperations, rfc3339
from microdns.lifecycle.record import PluginRecord
from microdns.operations import Call, Cli, Column, Nothing, Operation


class PluginStatus(msgspec.Struct, frozen=True):
    """A plugin's state; ``facts`` are the plugin's own."""

    name: str
    state: str
    version: str
    since: str
    restarts: int
    error: str
    facts: Mapping[str, Any] = {}


class Status(msgspec.Struct, frozen=True):
    """What runs here.  Times are RFC 3339, UTC."""

    instance: str
    mode: str
    version: str
    pid: int
    ready: bool
    started: str
    uptime_seconds: int
    database: str
    sequence: int
    store: str
    plugins: list[PluginStatus]


class PluginName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


class StopPlugin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    with_dependants: Annotated[bool, Meta(description="Stop the plugins that need it, too.")] = (
        False
    )


PLUGIN_COLUMNS = (
    Column("NAME", "name"),
    Column("STATE", "state"),
    Column("VERSION", "version"),
    Column("SINCE", "since"),
    Column("RESTARTS", "restarts"),
    Column("ERROR", "error"),
)


class StatusOperations(KernelOperations):
    """``status.get`` and ``plugin.*``."""

    def operations(self) -> list[Operation[Any, Any]]:
        return [*self._of_instance(), *self._of_plugins()]

    def _of_instance(self) -> list[Operation[Any, Any]]:
        return [
            Operation(
                name="status.get",
                summary="Show what runs, and how it is doing.",
                input=Nothing,
                output=Status,
                handler=self.status,
                scope="status:read",
                http="GET /status",
                sample=samples.STATUS_GET,
                cli=Cli(command="status", render=render_status),
                examples=("microdns status",),
            ),
            Operation(
                name="health.get",
                summary="Tell whether the instance works, in few words.",
                description="For load balancers and probes, so no key is needed. The numbers are "
                "those that plugins state of themselves, such as zones.",
                input=Nothing,
                output=dict[str, Any],
                handler=self.health,
                scope="",
                http="GET /health",
                sample=samples.HEALTH_GET,
                grpc="HealthService/GetHealthStatus",
                cli=Cli(command="health"),
                examples=("microdns health",),
            ),
        ]

    def _of_plugins(self) -> list[Operation[Any, Any]]:
        return [
            Operation(
                name="plugin.list",
                summary="List the plugins and their states.",
                input=Nothing,
                output=list[PluginStatus],
                handler=self.plugins,
                scope="status:read",
                http="GET /plugins",
                sample=samples.PLUGIN_LIST,
                cli=Cli(command="plugins", columns=PLUGIN_COLUMNS),
                examples=("microdns plugins",),
            ),
            *self._of_control(),
        ]

    def _of_control(self) -> list[Operation[Any, Any]]:
        return [
            Operation(
                name="plugin.start",
                conditional=False,
                summary="Start a plugin in the running process.",
                input=PluginName,
                output=PluginStatus,
                handler=self.start_plugin,
                scope="plugins:write",
                http="POST /plugins/{name}/start",
                sample=samples.PLUGIN_START,
                rehearses=False,
                cli=Cli(command="plugins start"),
            ),
            Operation(
                name="plugin.stop",
                conditional=False,
                summary="Stop a plugin in the running process.",
                input=StopPlugin,
                output=PluginStatus,
                handler=self.stop_plugin,
                scope="plugins:write",
                http="POST /plugins/{name}/stop",
                sample=samples.PLUGIN_STOP,
                rehearses=False,
                cli=Cli(command="plugins stop"),
            ),
        ]

    async def status(self, _call: Call, _input: Nothing) -> Status:
        kernel = self._kernel
        return Status(
            instance=kernel.instance.id,
            mode=kernel.instance.mode,
            version=__version__,
            pid=os.getpid(),
            ready=kernel.ready,
            started=rfc3339(kernel.started_ns),
            uptime_seconds=(kernel.clock.time_ns() - kernel.started_ns) // 1_000_000_000,
            database=str(kernel.assembly.database),
            sequence=kernel.store.sequence,
            store=str(kernel.store.state),
            plugins=self._states(),
        )

    async def health(self, _call: Call, _input: Nothing) -> dict[str, Any]:
        records = self._kernel.records.values()
        well = self._kernel.ready and all(record.up for record in records)
        numbers: dict[str, Any] = {}
        for record in records:
            facts = self._facts(record).items()
            numbers.update((name, fact) for name, fact in facts if type(fact) is int)
        return {**numbers, "status": "ok" if well else "degraded", "version": __version__}

    async def plugins(self, _call: Call, _input: Nothing) -> list[PluginStatus]:
        return self._states()

    def _states(self) -> list[PluginStatus]:
        states = [self._state(record) for record in self._kernel.records.values()]
        for failure in self._kernel.assembly.failures:
            states.append(PluginStatus(failure.name, "failed", "", "", 0, failure.reason))
        return states

    def _state(self, record: PluginRecord) -> PluginStatus:
        return PluginStatus(
            name=record.name,
            state=record.state.value,
            version=record.loaded.version,
            since=rfc3339(record.since_ns) if record.since_ns else "",
            restarts=record.restarts,
            error=record.error,
            facts=self._facts(record),
        )

    def _facts(self, record: PluginRecord) -> Mapping[str, Any]:
        if not record.up:
            return {}
        try:
            return self._kernel.facts(record)
        except Exception as error:
            return {"error": describe(error)}

    async def start_plugin(self, _call: Call, wanted: PluginName) -> PluginStatus:
        return self._state(await self._kernel.start_plugin(wanted.name))

    async def stop_plugin(self, _call: Call, wanted: StopPlugin) -> PluginStatus:
        return self._state(
            await self._kernel.stop_plugin(wanted.name, with_dependants=wanted.with_dependants)
        )


def render_status(status: Mapping[str, Any]) -> str:
    """``microdns status`` for people."""
    from microdns.cli.output import table

    ready = "ready" if status["ready"] else "not ready"
    lines = [
        f"{status['instance']} ({status['mode']}) is {ready}: MicroDNS {status['version']}, "
        f"pid {status['pid']}, up {_duration(status['uptime_seconds'])}",
        f"database {status['database']}: {status['store']}, journal at {status['sequence']}",
        "",
        *table(status["plugins"], PLUGIN_COLUMNS),
    ]
    for plugin in status["plugins"]:
        for key, value in plugin["facts"].items():
            lines.append(f"{plugin['name']}: {key}: {_plain(value)}")
    return "\n".join(lines)


def _plain(value: Any) -> str:
    """A fact on one line: items apart by commas, those of a table as key and value."""
    if isinstance(value, list | tuple):
        tables = any(isinstance(each, Mapping) for each in value)
        return ("; " if tables else ", ").join(map(_plain, value))
    if isinstance(value, Mapping):
        return " ".join(f"{key} {_plain(each)}" for key, each in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _duration(seconds: int) -> str:
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, left = divmod(rest, 60)
    for amount, text in ((days, f"{days} d {hours} h"), (hours, f"{hours} h {minutes} min")):
        if amount:
            return text
    return f"{minutes} min {left} s" if minutes else f"{left} s"
