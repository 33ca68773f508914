"""What is going to run: plugins in start order, each with its decoded config."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from microdns.config import LoggingConfig
from microdns.lifecycle.discovery import Loaded, LoadFailure
from microdns.plugin import Instance
from microdns.store import StoreOptions

Add = Callable[[str], tuple[Loaded, msgspec.Struct]]
"""Loads and configures one more plugin by name; raises ``PluginError`` or ``ConfigError``."""


@dataclass(frozen=True)
class Assembly:
    """Everything decided before the store is opened."""

    instance: Instance
    database: Path
    control_socket: Path | None
    plugins: Mapping[str, Loaded]
    configs: Mapping[str, msgspec.Struct]
    failures: tuple[LoadFailure, ...] = ()
    """Installed plugins that nobody asked for by name and that can't be loaded."""
    add: Add | None = None
    notes: tuple[str, ...] = ()
    """What an operator should know but need not mend."""
    store_options: StoreOptions = field(default_factory=StoreOptions)
    logging: LoggingConfig = field(default_factory=LoggingConfig)

    def with_plugin(self, loaded: Loaded, config: msgspec.Struct) -> "Assembly":
        """The same with one plugin more, at the end."""
        name = loaded.plugin.name
        return replace(
            self,
            plugins={**self.plugins, name: loaded},
            configs={**self.configs, name: config},
        )
