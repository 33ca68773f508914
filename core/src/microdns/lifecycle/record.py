"""What the kernel remembers of each plugin."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from microdns.events import Event
from microdns.lifecycle.discovery import Loaded
from microdns.operations import Operation
from microdns.store import Collection, Migration
from microdns.tabs import Tab


class PluginState(StrEnum):
    """Where a plugin stands."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    RESTARTING = "restarting"
    """Its task crashed; it waits before the next try.  What it opened still serves."""
    FAILED = "failed"
    """It could not be started; it is tried again with backoff."""
    STOPPING = "stopping"


@dataclass(eq=False)
class PluginRecord:
    """A plugin, its config, its state and why."""

    loaded: Loaded
    config: msgspec.Struct
    state: PluginState = PluginState.STOPPED
    since_ns: int = 0
    error: str = ""
    restarts: int = 0
    broken: bool = False
    """Its declarations are wrong: nothing is tried again until it is mended."""
    collections: tuple[Collection[Any], ...] = ()
    events: tuple[type[Event], ...] = ()
    migrations: tuple[Migration, ...] = ()
    operations: tuple[Operation[Any, Any], ...] = ()
    tabs: tuple[Tab, ...] = ()

    @property
    def name(self) -> str:
        return self.loaded.plugin.name

    @property
    def up(self) -> bool:
        """Whether others may rely on what it provides."""
        return self.state in (PluginState.RUNNING, PluginState.RESTARTING)
