"""Every hook of the kernel.  A plugin implements those that it needs with ``@hookimpl``.

Hooks run at start, at stop and when asked, never per packet.  For each: when it runs, what it
gets, what its return value does, and what an exception does.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pluggy

from microdns.errors import Problem
from microdns.events import Event
from microdns.plugin import PluginContext

if TYPE_CHECKING:
    from microdns.operations import Operation
    from microdns.store import Collection, Migration
    from microdns.tabs import Tab

hookspec = pluggy.HookspecMarker("microdns")


@hookspec
def microdns_collections() -> "Iterable[Collection[Any]]":
    """The typed collections that the plugin keeps in the store.

    Runs once, before the store is opened.  Each collection gets a column family of its own.
    An exception leaves the plugin out and is reported as its state.
    """


@hookspec
def microdns_events() -> Iterable[type[Event]]:
    """The event classes that the plugin emits or publishes.

    Runs once, before the store is opened, so that the journal can be decoded.
    An exception leaves the plugin out.
    """


@hookspec
def microdns_migrations() -> "Iterable[Migration]":
    """Numbered, forward-only changes to stored data; those not yet applied run before setup.

    An exception stops the start: data are never served half-migrated.
    """


@hookspec
def microdns_operations() -> "Iterable[Operation[Any, Any]]":
    """What can be done to the plugin.

    Runs at start and by the command line (for help, without setup), so it must not touch the
    context.  REST, gRPC, command line and OpenAPI are projections of what is returned.
    An exception leaves the plugin out.
    """


@hookspec
def microdns_tabs() -> "Iterable[Tab]":
    """The tabs that the plugin brings to the dashboard: JavaScript modules in its own package.

    Runs once, at start, whether or not the dashboard is installed.  A tab is shown while its
    plugin is up, to those who hold its scope.  An exception leaves the plugin out.
    """


@hookspec
def microdns_check(config: Any) -> Iterable[Problem]:
    """Mistakes in the plugin's decoded section that its types can't express (files, clashes).

    Runs by ``microdns check`` and before every start, without a context.  Each problem's path is
    relative to the section.  Any problem returned stops the start with exit code 2.
    """


@hookspec
async def microdns_setup(context: PluginContext[Any]) -> None:
    """Build what the plugin needs and provide its services; nothing listens yet.

    Runs in dependency order, in the kernel's task.  An exception marks this plugin and those that
    require it as failed; the others go on.
    """


@hookspec
async def microdns_listen() -> None:
    """Open sockets; runs after every plugin is set up, in dependency order.

    An exception marks the plugin as failed, like one in setup.
    """


@hookspec
async def microdns_run() -> None:
    """The plugin's own task, supervised: it ends when cancelled, or when it has nothing to do.

    An exception restarts it with backoff; no other plugin notices.
    """


@hookspec
async def microdns_stop() -> None:
    """Close what listen and setup opened; runs in reverse order, within the stop deadline.

    An exception is logged, and the stop goes on.  It also runs after a failed setup or listen, so
    it must be content with what is half open.
    """


@hookspec
def microdns_status() -> Mapping[str, Any]:
    """Facts for ``microdns status``: a small mapping of plain values.

    Runs when asked; an exception is shown in place of the facts.
    """
