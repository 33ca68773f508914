"""The kernel with toy plugins: everything from an empty folder to an ordered stop."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import anyio
import anyio.lowlevel
import msgspec
import pytest
from msgspec import Meta

from microdns.errors import Conflict, NotFound
from microdns.events import Event
from microdns.lifecycle.kernel import Kernel
from microdns.lifecycle.record import PluginState
from microdns.operations import Call, Operation
from microdns.plugin import Plugin, PluginContext, Section, hookimpl
from microdns.store import Collection
from microdns.testing import FakeClock, check_plugin, run_kernel

pytestmark = pytest.mark.anyio


class Note(msgspec.Struct, frozen=True):
    name: str
    text: str


class NoteTaken(Event, frozen=True, kw_only=True, tag="notes.taken"):
    note: Note


class NotesConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    greeting: Annotated[str, Meta(description="What is said.")] = "hello"


NOTES: Collection[Note] = Collection("notes.notes", Note, key=lambda note: note.name.encode())


class Board:
    """The service that notes provides."""

    def __init__(self, greeting: str) -> None:
        self.greeting = greeting


class NotesPlugin(Plugin):
    """Keeps notes; others may require it."""

    name = "notes"
    summary = "Keeps notes."
    section = Section("notes", NotesConfig, chooses=False)

    @hookimpl
    def microdns_collections(self) -> Iterable[Collection[Any]]:
        return [NOTES]

    @hookimpl
    def microdns_events(self) -> Iterable[type[Event]]:
        return [NoteTaken]

    @hookimpl
    def microdns_operations(self) -> Iterable[Operation[Any, Any]]:
        return [
            Operation(
                name="note.take",
                summary="Take a note.",
                input=Note,
                output=Note,
                handler=self._take,
                scope="notes:write",
            )
        ]

    @hookimpl
    async def microdns_setup(self, context: PluginContext[NotesConfig]) -> None:
        self._context = context
        context.provide(Board, Board(context.config.greeting))

    @hookimpl
    def microdns_status(self) -> dict[str, Any]:
        return {"greeting": self._context.config.greeting}

    async def _take(self, call: Call, note: Note) -> Note:
        async with self._context.store.transaction(call.principal) as transaction:
            transaction.put(NOTES, note)
            transaction.emit(NoteTaken(note=note))
        return note


class ReaderPlugin(Plugin):
    """Requires notes, and can be told to fail."""

    name = "reader"
    summary = "Reads notes."
    requires = ("notes",)
    fails_in: str = ""
    board: Board | None = None

    @hookimpl
    async def microdns_setup(self, context: PluginContext[Any]) -> None:
        self.board = context.services.require(Board)
        if self.fails_in == "setup":
            raise ValueError("can't set up")

    @hookimpl
    async def microdns_run(self) -> None:
        if self.fails_in == "run":
            raise ValueError("can't run")
        await anyio.sleep_forever()

    @hookimpl
    async def microdns_stop(self) -> None:
        if self.fails_in == "stop":
            await anyio.sleep_forever()


class MisspelledPlugin(Plugin):
    """Declares a hook that does not exist."""

    name = "misspelled"
    summary = "Has a typo."

    @hookimpl
    async def microdns_setpu(self, context: Any) -> None:
        raise AssertionError("is never called")


async def _states(kernel: Kernel) -> dict[str, str]:
    listed = await kernel.operations.call("plugin.list", {}, Call())
    return {each.name: each.state for each in listed}


async def test_plugins_run_with_their_config_and_services() -> None:
    reader = ReaderPlugin()
    async with run_kernel([NotesPlugin(), reader], '[notes]\ngreeting = "hi"') as kernel:
        assert await _states(kernel) == {"notes": "running", "reader": "running"}
        assert reader.board is not None
        assert reader.board.greeting == "hi"
        status = await kernel.operations.call("status.get", {}, Call())
        assert status.ready
        assert status.plugins[0].facts == {"greeting": "hi"}


async def test_what_an_operation_wrote_is_there_after_a_restart(tmp_path: Path) -> None:
    async with run_kernel([NotesPlugin()], folder=tmp_path) as kernel:
        await kernel.operations.call("note.take", {"name": "n", "text": "t"}, Call())
    async with run_kernel([NotesPlugin()], folder=tmp_path) as kernel:
        assert kernel.store.get(NOTES, b"n") == Note("n", "t")
        page = await kernel.operations.call("journal.list", {}, Call())
        assert [entry.type for entry in page.items] == ["notes.taken"]


@pytest.mark.parametrize("where", ["setup", "run", "stop"])
async def test_a_failing_plugin_leaves_the_others_alone(where: str) -> None:
    reader = ReaderPlugin()
    reader.fails_in = where
    async with run_kernel([NotesPlugin(), reader], clock=FakeClock()) as kernel:
        await anyio.lowlevel.checkpoint()
        states = await _states(kernel)
        assert states["notes"] == "running"
        expected = {"setup": "failed", "run": "restarting", "stop": "running"}
        assert states["reader"] == expected[where]
        await kernel.operations.call("note.take", {"name": "n", "text": "t"}, Call())
        if where == "stop":
            # Slow stops are cut off in the supervisor's tests; this one would take its share.
            reader.fails_in = ""


async def test_metrics_name_the_failed_plugin() -> None:
    reader = ReaderPlugin()
    reader.fails_in = "setup"
    async with run_kernel([NotesPlugin(), reader], clock=FakeClock()) as kernel:
        states = next(each for each in kernel.metrics if each.name == "microdns_plugin_state")
        ones = {sample.labels for sample in states.samples() if sample.value == 1.0}
        assert ones == {("notes", "running"), ("reader", "failed")}


async def test_a_misspelled_hook_is_told_and_harms_nobody() -> None:
    async with run_kernel([MisspelledPlugin(), NotesPlugin()]) as kernel:
        assert await _states(kernel) == {"misspelled": "failed", "notes": "running"}
        assert "microdns_setpu" in kernel.records["misspelled"].error


def _declaring(hook: str, what: Any) -> Plugin:
    """A plugin with one hook, which returns ``what``."""

    def declare(_self: Any) -> Any:
        return what

    declare.__name__ = hook
    made: Plugin = type("Declaring", (Plugin,), {"name": "declaring", hook: hookimpl(declare)})()
    return made


class Untold(Event, frozen=True, kw_only=True):
    """Has no tag."""


class Mine(Event, frozen=True, kw_only=True, tag="notes.taken"):
    """Another plugin's event."""


def _operation(**changes: Any) -> Operation[Any, Any]:
    async def handler(_call: Call, _note: Note) -> Note:
        raise AssertionError("is never called")

    settings: dict[str, Any] = {"summary": "Does it.", "input": Note, "scope": "x:write"}
    return Operation(name="x.do", output=Note, handler=handler, **(settings | changes))


@pytest.mark.parametrize(
    ("hook", "what", "message"),
    [
        ("microdns_collections", [Note], "which is no Collection"),
        ("microdns_collections", [NOTES], "the collection notes.notes belongs to notes"),
        ("microdns_events", [Note], "which is no class of Event"),
        ("microdns_events", [Untold], "Untold declares no tag"),
        ("microdns_events", [Mine], "the event notes.taken belongs to notes"),
        ("microdns_operations", [_operation(scope="all")], "'all' is not noun:read or noun:write"),
        ("microdns_operations", [_operation(summary="")], "has no summary"),
        ("microdns_operations", [_operation(input=dict)], "is no msgspec.Struct"),
        ("microdns_tabs", ["notes"], "which is no Tab"),
    ],
)
async def test_a_wrong_declaration_is_told_and_harms_nobody(
    hook: str, what: Any, message: str
) -> None:
    async with run_kernel([NotesPlugin(), _declaring(hook, what)]) as kernel:
        assert await _states(kernel) == {"notes": "running", "declaring": "failed"}
        assert message in kernel.records["declaring"].error


async def test_a_hook_without_its_mark_is_told() -> None:
    async def microdns_setup(_self: Any, context: Any) -> None:
        raise AssertionError("is never called")

    unmarked = type("Unmarked", (Plugin,), {"name": "u", "microdns_setup": microdns_setup})()
    async with run_kernel([unmarked]) as kernel:
        assert "microdns_setup is not marked with @hookimpl" in kernel.records["u"].error


def test_requirements_are_a_tuple() -> None:
    with pytest.raises(TypeError, match=r"requires is a tuple of names: \('dns',\)"):
        type("Wrong", (Plugin,), {"name": "w", "requires": "dns"})


async def test_a_plugin_can_be_stopped_and_started_alone() -> None:
    async with run_kernel([NotesPlugin(), ReaderPlugin()]) as kernel:
        with pytest.raises(Conflict, match="needed by reader"):
            await kernel.operations.call("plugin.stop", {"name": "notes"}, Call())
        await kernel.operations.call(
            "plugin.stop", {"name": "notes", "with_dependants": True}, Call()
        )
        assert await _states(kernel) == {"notes": "stopped", "reader": "stopped"}
        with pytest.raises(NotFound):
            await kernel.operations.call("note.take", {"name": "n", "text": "t"}, Call())
        await kernel.operations.call("plugin.start", {"name": "reader"}, Call())
        assert await _states(kernel) == {"notes": "running", "reader": "running"}
        with pytest.raises(Conflict, match="is running"):
            await kernel.operations.call("plugin.start", {"name": "reader"}, Call())


async def test_the_order_of_stopping_is_the_reverse_of_starting() -> None:
    kernel_seen: list[Kernel] = []
    async with run_kernel([NotesPlugin(), ReaderPlugin()]) as kernel:
        kernel_seen.append(kernel)
    records = kernel_seen[0].records
    assert records["reader"].since_ns <= records["notes"].since_ns
    assert {record.state for record in records.values()} == {PluginState.STOPPED}


async def test_the_check_for_plugins_accepts_a_good_one() -> None:
    await check_plugin(NotesPlugin())


async def test_the_check_for_plugins_names_what_is_wrong() -> None:
    plugin = NotesPlugin()
    plugin.summary = ""  # type: ignore[misc]  # what the check is for
    with pytest.raises(AssertionError, match="has no summary"):
        await check_plugin(plugin)
