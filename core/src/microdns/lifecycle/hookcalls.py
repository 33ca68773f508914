"""Calling a hook on one plugin at a time, so that one that raises harms no other."""

from typing import Any

import pluggy

from microdns import hooks
from microdns.lifecycle.discovery import PluginError, describe
from microdns.plugin import Plugin


class HookCalls:
    """pluggy's manager, seen one plugin at a time."""

    def __init__(self) -> None:
        self._manager = _new_manager()

    def register(self, plugin: Plugin) -> None:
        """Take in a plugin.

        Raises ``PluginError`` for wrong arguments, misspelt hooks, and methods that look like
        hooks and are not marked as such: they would never be called.
        """
        for attribute in dir(type(plugin)):
            found = getattr(type(plugin), attribute)
            if attribute.startswith("microdns_") and not hasattr(found, "microdns_impl"):
                raise PluginError(f"plugin {plugin.name}: {attribute} is not marked with @hookimpl")
        trial = _new_manager()
        try:
            trial.register(plugin, plugin.name)
            trial.check_pending()
        except pluggy.PluginValidationError as error:
            raise PluginError(f"plugin {plugin.name}: {describe(error)}") from error
        self._manager.register(plugin, plugin.name)

    def unregister(self, plugin: Plugin) -> None:
        """Forget a plugin."""
        self._manager.unregister(plugin)

    def implements(self, plugin: Plugin, hook: str) -> bool:
        """Whether the plugin has an implementation of the hook."""
        return bool(self._caller(plugin, hook).get_hookimpls())

    def call(self, plugin: Plugin, hook: str, **arguments: Any) -> Any:
        """What the plugin's implementation returns; None when it has none."""
        results = self._caller(plugin, hook)(**arguments)
        return results[0] if results else None

    async def run(self, plugin: Plugin, hook: str, **arguments: Any) -> None:
        """Await the plugin's implementation of an asynchronous hook, if it has one."""
        started = self.call(plugin, hook, **arguments)
        if started is not None:
            await started

    def _caller(self, plugin: Plugin, hook: str) -> pluggy.HookCaller:
        others = [other for other in self._manager.get_plugins() if other is not plugin]
        return self._manager.subset_hook_caller(hook, others)


def _new_manager() -> pluggy.PluginManager:
    manager = pluggy.PluginManager("microdns")
    manager.add_hookspecs(hooks)
    return manager
