"""What every plugin must keep to, in one call."""

from typing import Any

from microdns.config.check import section_mistakes
from microdns.events import event_type
from microdns.lifecycle.hookcalls import HookCalls
from microdns.lifecycle.kernel import Kernel
from microdns.lifecycle.record import PluginState
from microdns.operations import Operation
from microdns.plugin import Plugin
from microdns.tabs import Tab
from microdns.testing.kernels import run_kernel


async def check_plugin(plugin: Plugin, config: str = "") -> None:
    """Raise AssertionError when a plugin breaks the kernel's contract.

    Checks its name, summary and config section, its hooks, its declarations (collections and events
    under its own name, operations with summary and scope), and that it starts, tells its status and
    stops.
    """
    _check_identity(plugin)
    _check_declarations(plugin)
    async with run_kernel([type(plugin)()], config) as kernel:
        _check_state(kernel, plugin.name, PluginState.RUNNING)
        kernel.facts(kernel.records[plugin.name])
        await kernel.stop_plugin(plugin.name)
        _check_state(kernel, plugin.name, PluginState.STOPPED)
        await kernel.start_plugin(plugin.name)
        _check_state(kernel, plugin.name, PluginState.RUNNING)


def _check_state(kernel: Kernel, name: str, wanted: PluginState) -> None:
    record = kernel.records[name]
    assert record.state is wanted, f"{name} is {record.state}, not {wanted}: {record.error}"
    assert not record.error, f"{name}: {record.error}"


def _check_identity(plugin: Plugin) -> None:
    assert plugin.name, f"{type(plugin).__qualname__} has no name"
    assert plugin.name.isidentifier(), f"{plugin.name!r} is not a plain word"
    assert plugin.summary, f"plugin {plugin.name} has no summary"
    if plugin.section is not None:
        mistakes = section_mistakes(plugin.section)
        assert not mistakes, "\n".join(mistakes)


def _check_declarations(plugin: Plugin) -> None:
    hooks = HookCalls()
    hooks.register(plugin)
    for collection in hooks.call(plugin, "microdns_collections") or ():
        assert "." in collection.name, f"{collection.name}: write plugin.collection"
    types = [event_type(each) for each in hooks.call(plugin, "microdns_events") or ()]
    assert len(set(types)) == len(types), f"event types are declared twice: {types}"
    for operation in hooks.call(plugin, "microdns_operations") or ():
        check_operation(operation)
    for tab in hooks.call(plugin, "microdns_tabs") or ():
        check_tab(tab)


def check_operation(operation: Operation[Any, Any]) -> None:
    """Raise AssertionError when an operation could not be projected onto every interface."""
    name = operation.name
    assert operation.summary.endswith("."), f"{name}: the summary is a sentence"
    assert ":" in operation.scope, f"{name}: scope is noun:read or noun:write"
    if operation.http is not None:
        verb, _, path = operation.http.partition(" ")
        assert verb in {"GET", "POST", "PUT", "PATCH", "DELETE"}, f"{name}: {operation.http}"
        assert path.startswith("/"), f"{name}: {operation.http}"
    if operation.grpc is not None:
        assert operation.grpc.count("/") == 1, f"{name}: write Service/Method"


def check_tab(tab: Tab) -> None:
    """Raise AssertionError when a tab's files are not in its package."""
    for name in (tab.module, *tab.styles):
        assert (tab.files() / name).is_file(), f"tab {tab.id}: {tab.package} has no file {name}"
