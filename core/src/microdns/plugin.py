"""What a plugin is to the kernel: an object with a name, and hook implementations.

::

    class HelloPlugin(Plugin):
        name = "hello"
        summary = "Says hello"
        section = Section("hello", HelloConfig)

        @hookimpl
        async def microdns_setup(self, context: PluginContext[HelloConfig]) -> None: ...

A distribution announces it in the entry-point group ``microdns.plugins``.
"""

import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import msgspec
import pluggy

from microdns.clock import Clock
from microdns.errors import Unavailable
from microdns.events import Principal

if TYPE_CHECKING:
    from microdns.bus import Bus
    from microdns.metrics import MetricRegistry
    from microdns.network import Network
    from microdns.operations import OperationRegistry
    from microdns.store import Store

hookimpl = pluggy.HookimplMarker("microdns")

C = TypeVar("C", bound=msgspec.Struct)
T = TypeVar("T")


class NoConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The section of a plugin that has no settings."""


@dataclass(frozen=True)
class Section:
    """A config section: its dotted path (``dns.auth``) and the struct that it decodes into.

    A struct with a field ``enabled: bool = False`` makes the section choose its plugin;
    without one, the section's presence does.  ``chooses = False`` says that the section only
    configures it (foundations: ``[dns]``).  ``elsewhere`` maps fields of the struct to the paths
    that they are read from, for arrays that stand outside the section (``instance.peers``).
    """

    path: str
    type: type[msgspec.Struct]
    chooses: bool = True
    elsewhere: Mapping[str, str] = field(default_factory=dict)


class Plugin:
    """Base of every plugin; instances are made by the kernel, without arguments."""

    name: ClassVar[str]
    summary: ClassVar[str] = ""
    requires: ClassVar[tuple[str, ...]] = ()
    section: ClassVar[Section | None] = None

    def __init_subclass__(cls) -> None:
        if isinstance(cls.requires, str):
            raise TypeError(f"{cls.__name__}.requires is a tuple of names: ({cls.requires!r},)")


class Services:
    """Objects that plugins offer to plugins which require them, found by their type."""

    def __init__(self) -> None:
        self._offers: dict[type[Any], tuple[str, Any]] = {}

    def provide(self, owner: str, kind: type[T], service: T) -> None:
        """Offer ``service`` under ``kind`` until its owner stops."""
        self._offers[kind] = (owner, service)

    def require(self, kind: type[T]) -> T:
        """The service offered as ``kind``; raises ``Unavailable`` when nobody offers one."""
        found = self.find(kind)
        if found is None:
            raise Unavailable(f"no running plugin provides {kind.__qualname__}")
        return found

    def find(self, kind: type[T]) -> T | None:
        """The service offered as ``kind``, or None."""
        offer = self._offers.get(kind)
        return None if offer is None else offer[1]

    def withdraw(self, owner: str) -> None:
        """Forget all that ``owner`` offered."""
        for kind in [kind for kind, (name, _) in self._offers.items() if name == owner]:
            del self._offers[kind]


@dataclass(frozen=True)
class Instance:
    """Who this process is: ``[instance]``."""

    id: str
    mode: str
    config_folder: str
    """Folder that relative paths in the config start from."""


@dataclass(frozen=True)
class PluginContext(Generic[C]):
    """All that a plugin gets from the kernel, as arguments: nothing is global."""

    name: str
    config: C
    instance: Instance
    store: "Store"
    bus: "Bus"
    operations: "OperationRegistry"
    metrics: "MetricRegistry"
    services: Services
    clock: Clock
    random: random.Random
    network: "Network"
    log: logging.Logger
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def principal(self) -> Principal:
        """The actor for changes that the plugin makes on its own account."""
        return Principal(self.name, interface="plugin")

    def provide(self, kind: type[T], service: T) -> None:
        """Offer a service to plugins that require this one."""
        self.services.provide(self.name, kind, service)
