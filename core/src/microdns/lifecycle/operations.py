"""What can be done to the kernel itself: status, plugins, journal, backup, export."""

import os
import time
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

from microdns import __version__
from microdns.events import Entry
from microdns.lifecycle.discovery import describe
from microdns.lifecycle.record import PluginRecord
from microdns.operations import Call, Cli, Column, Nothing, Operation

if TYPE_CHECKING:
    from microdns.lifecycle.kernel import Kernel


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


class JournalQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    after: Annotated[int, Meta(ge=0, description="Only entries after this sequence.")] = 0
    type: Annotated[list[str], Meta(description="Only entries of this type (repeatable).")] = []
    limit: Annotated[int, Meta(ge=1, le=1000, description="At most so many entries.")] = 100
    newest: Annotated[bool, Meta(description="The last entries, in place of the first.")] = False


class JournalFollow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    after: Annotated[
        int | None, Meta(description="Start after this sequence; without it, from now on.")
    ] = None
    type: Annotated[list[str], Meta(description="Only entries of this type (repeatable).")] = []


class JournalPage(msgspec.Struct, frozen=True):
    items: list[Any]
    oldest: int
    newest: int


PLUGIN_COLUMNS = (
    Column("NAME", "name"),
    Column("STATE", "state"),
    Column("VERSION", "version"),
    Column("SINCE", "since"),
    Column("RESTARTS", "restarts"),
    Column("ERROR", "error"),
)


def kernel_operations(kernel: "Kernel | None") -> list[Operation[Any, Any]]:
    """The kernel's operations; without a kernel, for help only."""
    does = _Kernel(kernel)
    return [
        Operation(
            name="status.get",
            summary="Show what runs, and how it is doing.",
            input=Nothing,
            output=Status,
            handler=does.status,
            scope="status:read",
            http="GET /status",
            cli=Cli(command="status", render=render_status),
            examples=("microdns status",),
        ),
        Operation(
            name="plugin.list",
            summary="List the plugins and their states.",
            input=Nothing,
            output=list[PluginStatus],
            handler=does.plugins,
            scope="status:read",
            http="GET /plugins",
            cli=Cli(command="plugins", columns=PLUGIN_COLUMNS),
            examples=("microdns plugins",),
        ),
        Operation(
            name="plugin.start",
            summary="Start a plugin in the running process.",
            input=PluginName,
            output=PluginStatus,
            handler=does.start_plugin,
            scope="plugins:write",
            http="POST /plugins/{name}/start",
            cli=Cli(command="plugins start"),
        ),
        Operation(
            name="plugin.stop",
            summary="Stop a plugin in the running process.",
            input=StopPlugin,
            output=PluginStatus,
            handler=does.stop_plugin,
            scope="plugins:write",
            http="POST /plugins/{name}/stop",
            cli=Cli(command="plugins stop"),
        ),
        Operation(
            name="journal.list",
            summary="Show entries of the journal.",
            input=JournalQuery,
            output=JournalPage,
            handler=does.journal,
            scope="journal:read",
            http="GET /journal",
            offline=True,
            cli=Cli(command="journal", render=render_journal),
            examples=("microdns journal --newest --limit 10",),
        ),
        Operation(
            name="journal.follow",
            summary="Show entries of the journal as they are written.",
            input=JournalFollow,
            output=Entry,
            handler=does.follow,
            scope="journal:read",
            stream=True,
            cli=Cli(command="journal follow", render=render_entry),
        ),
    ]


class _Kernel:
    """The handlers."""

    def __init__(self, kernel: "Kernel | None") -> None:
        self._maybe = kernel

    @property
    def _kernel(self) -> "Kernel":
        if self._maybe is None:
            raise RuntimeError("declared for help only")
        return self._maybe

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

    async def journal(self, _call: Call, query: JournalQuery) -> JournalPage:
        journal = self._kernel.store.journal
        types = tuple(query.type) or None
        after = query.after
        if query.newest and types is None:
            after = max(after, journal.newest - query.limit)
        entries = list(journal.read(after=after, types=types, limit=query.limit))
        return JournalPage(entries, journal.oldest, journal.newest)

    async def follow(self, _call: Call, wanted: JournalFollow) -> AsyncIterator[Entry]:
        types = tuple(wanted.type) or None
        async with self._kernel.bus.subscribe(
            types=types, after=wanted.after, name="journal.follow"
        ) as subscription:
            async for entry in subscription:
                yield entry


def rfc3339(time_ns: int) -> str:
    """Unix nanoseconds as ``2026-11-22T20:00:00Z``."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time_ns // 1_000_000_000))


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


def render_journal(page: Mapping[str, Any]) -> str:
    """``microdns journal`` for people: a line an entry."""
    if not page["items"]:
        return f"no entries (the journal goes from {page['oldest']} to {page['newest']})"
    return "\n".join(render_entry(entry) for entry in page["items"])


def render_entry(entry: Mapping[str, Any]) -> str:
    """One entry on one line."""
    event = {key: value for key, value in entry["event"].items() if key != "type"}
    detail = msgspec.json.encode(event).decode()
    if len(detail) > 160:
        detail = detail[:157] + "..."
    when = rfc3339(entry["time_ns"])
    return f"{entry['sequence']:>8}  {when}  {entry['actor']['name']}  {entry['type']}  {detail}"


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def _duration(seconds: int) -> str:
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, left = divmod(rest, 60)
    for amount, text in ((days, f"{days} d {hours} h"), (hours, f"{hours} h {minutes} min")):
        if amount:
            return text
    return f"{minutes} min {left} s" if minutes else f"{left} s"
