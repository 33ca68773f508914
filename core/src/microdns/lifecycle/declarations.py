"""What a plugin may declare: looked at before anything is opened, so that a mistake is its own."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from microdns.access import KEYS, KeyCreated, KeyDeleted
from microdns.events import Event, event_type
from microdns.lifecycle.discovery import PluginError
from microdns.operations import Operation
from microdns.store import Collection
from microdns.tabs import Tab

_SCOPE = re.compile(r"([a-z][a-z0-9_]*:(read|write))?")


class Declarations:
    """Collections and types of events by the plugin that they belong to: nobody shares them."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {
            _collection(KEYS.name): "kernel",
            **{_event(event_type(each)): "kernel" for each in (KeyCreated, KeyDeleted)},
        }

    def admit(self, plugin: str, declared: Mapping[str, Iterable[Any]]) -> None:
        """Take in what a plugin's hooks returned, by the hook; raises ``PluginError``."""
        for hook, kind in _KINDS.items():
            for each in declared[hook]:
                if not isinstance(each, kind):
                    raise PluginError(f"{hook} gave {each!r}, which is no {kind.__name__}")
        for operation in declared["microdns_operations"]:
            _check_operation(operation)
        taken = [_collection(each.name) for each in declared["microdns_collections"]]
        taken += [_event(_type_of(each)) for each in declared["microdns_events"]]
        for name in taken:
            owner = self._owners.get(name, plugin)
            if owner != plugin:
                raise PluginError(f"{name} belongs to {owner}: choose another name")
        self._owners.update(dict.fromkeys(taken, plugin))


_KINDS: dict[str, type[Any]] = {
    "microdns_collections": Collection,
    "microdns_operations": Operation,
    "microdns_tabs": Tab,
}


def _collection(name: str) -> str:
    return f"the collection {name}"


def _event(tag: str) -> str:
    return f"the event {tag}"


def _type_of(declared: Any) -> str:
    if not (isinstance(declared, type) and issubclass(declared, Event)):
        raise PluginError(f"microdns_events gave {declared!r}, which is no class of Event")
    try:
        return event_type(declared)
    except TypeError as error:
        raise PluginError(str(error)) from None


def _check_operation(operation: Operation[Any, Any]) -> None:
    name = operation.name
    if not operation.summary:
        raise PluginError(f"operation {name} has no summary")
    if not _SCOPE.fullmatch(operation.scope):
        raise PluginError(
            f"operation {name}: its scope {operation.scope!r} is not noun:read or noun:write, "
            "so no key could have it"
        )
    if not (isinstance(operation.input, type) and issubclass(operation.input, msgspec.Struct)):
        raise PluginError(f"operation {name}: its input is no msgspec.Struct")
