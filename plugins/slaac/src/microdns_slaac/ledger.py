"""Which prefixes hosts were told of, and until when they may hold addresses of them.

A prefix that goes out of the configuration, or off the interface, is announced on as deprecated
(preferred lifetime 0) until it has run out with every host (RFC 9096 3.3), also over a restart.
Time is lease time (``microdns_dhcp.leaseclock``), so that the machine's clock may jump.

Memory is changed at once, and written behind it: hosts are told of a change also while the disk
can't take it.  What is written is ahead of what was told, so that a crash forgets no promise.
"""

import ipaddress
from collections.abc import Iterable
from typing import Any

import msgspec

from microdns.events import Event
from microdns.store import Collection, Store
from microdns_slaac.events import PrefixAnnounced, PrefixDeprecated, PrefixEnded
from microdns_slaac.options import INFINITE, PrefixInformation
from microdns_slaac.profile import Prefix

ENDLESS_LEFT_SECS = 7200
"""What is left of a lifetime without end: hosts shorten it to two hours (RFC 4862 5.5.3 e)."""
AHEAD_SECS = 120
ENTRIES_MAX = 4096
"""Prefixes kept; with more, the deprecated ones that end first are forgotten."""

replace = msgspec.structs.replace


class Told(msgspec.Struct, frozen=True):
    """A prefix on an interface.  ``first`` and ``until`` are lease time."""

    interface: str
    prefix: str
    valid: int
    preferred: int
    on_link: bool
    autonomous: bool
    first: int
    """When it was first announced with these lifetimes: what counts down starts here."""
    until: int
    """Until when hosts may hold addresses of it; no host does any longer."""
    deprecated: bool = False


Key = tuple[str, str]
PREFIXES = Collection(
    "slaac.prefixes",
    Told,
    key=lambda told: f"{told.interface}\0{told.prefix}".encode(),
    journaled=False,
)


class Ledger:
    """All interfaces' prefixes; methods change memory, ``save`` brings it to the disk."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._entries: dict[Key, Told] = {}
        self._counting: dict[Key, Prefix] = {}
        """Current prefixes as configured."""
        self._told_until: dict[Key, int] = {}
        """What was really announced by this process."""
        self._unsaved: set[Key] = set()
        self._events: list[Event] = []
        for told in store.scan(PREFIXES):
            self._entries[told.interface, told.prefix] = told

    @property
    def unsaved(self) -> bool:
        """Whether ``save`` has something to do."""
        return bool(self._unsaved or self._events)

    def entries(self, interface: str) -> list[Told]:
        """The interface's prefixes, current ones first, then in order."""
        found = [told for told in self._entries.values() if told.interface == interface]
        return sorted(found, key=lambda told: (told.deprecated, ipaddress.IPv6Network(told.prefix)))

    def settle(self, interface: str, wanted: Iterable[Prefix], now: int) -> list[Event]:
        """Have exactly these current on an interface; returns what changes by that."""
        before = len(self._events)
        prefixes = {(interface, str(each.network)): each for each in wanted}
        for told in self.entries(interface):
            key = (interface, told.prefix)
            if key not in prefixes and not told.deprecated:
                self._deprecate(key, now)
        for key, prefix in prefixes.items():
            self._announce(key, prefix, now)
        self.end(now)
        return self._events[before:]

    def end(self, now: int) -> None:
        """Forget deprecated prefixes that have run out."""
        over = [key for key, told in self._entries.items() if told.deprecated and told.until <= now]
        kept = [key for key in self._entries if key not in self._counting and key not in over]
        surplus = max(0, len(self._entries) - len(over) - ENTRIES_MAX)
        over += sorted(kept, key=lambda key: self._entries[key].until)[:surplus]
        for interface, prefix in over:
            del self._entries[interface, prefix]
            self._told_until.pop((interface, prefix), None)
            self._change((interface, prefix), PrefixEnded(interface=interface, prefix=prefix))

    def options(self, interface: str, now: int, deprecate_secs: int) -> list[PrefixInformation]:
        """What hosts are told now."""
        found = []
        for told in self.entries(interface):
            if told.deprecated:
                valid, preferred = min(max(0, told.until - now), deprecate_secs), 0
            else:
                valid, preferred = self._lifetimes(told, now)
            network = ipaddress.IPv6Network(told.prefix)
            found.append(
                PrefixInformation(network, valid, preferred, told.on_link, told.autonomous)
            )
        return found

    def announced(self, interface: str, now: int) -> None:
        """Hosts were told; what is written stays ahead of it."""
        for told in self.entries(interface):
            if told.deprecated:
                continue
            key = (interface, told.prefix)
            until = now + self._lifetimes(told, now)[0]
            self._told_until[key] = max(until, self._told_until.get(key, 0))
            if until > told.until:
                self._entries[key] = replace(told, until=until + max(AHEAD_SECS, told.valid // 8))
                self._unsaved.add(key)

    def stopped(self) -> None:
        """Nothing is announced any more: write what was, in place of what is ahead of it."""
        for key, until in self._told_until.items():
            told = self._entries.get(key)
            if told is not None and until < told.until:
                self._entries[key] = replace(told, until=until)
                self._unsaved.add(key)

    async def save(self, actor: Any) -> None:
        """Write what has changed; raises ``StorageFault``, and then nothing is forgotten."""
        keys, events = self._unsaved, self._events
        if not keys and not events:
            return
        # What changes from here on is for the next time.
        self._unsaved, self._events = set(), []
        try:
            async with self._store.transaction(actor) as tx:
                for key in keys:
                    self._write(tx, key)
                for event in events:
                    tx.emit(event)
        except BaseException:
            self._unsaved |= keys
            self._events = [*events, *self._events]
            raise

    def _write(self, tx: Any, key: Key) -> None:
        told = self._entries.get(key)
        if told is not None:
            tx.put(PREFIXES, told)
        elif tx.get(PREFIXES, "\0".join(key).encode()) is not None:
            tx.delete(PREFIXES, "\0".join(key).encode())

    def _announce(self, key: Key, prefix: Prefix, now: int) -> None:
        told = self._entries.get(key)
        self._counting[key] = prefix
        wanted = Told(
            interface=key[0],
            prefix=key[1],
            valid=prefix.valid,
            preferred=prefix.preferred,
            on_link=prefix.on_link,
            autonomous=prefix.autonomous,
            first=now,
            until=now,
        )
        if told is not None:
            same = (told.valid, told.preferred) == (prefix.valid, prefix.preferred)
            first = told.first if same and not told.deprecated else now
            wanted = replace(wanted, first=first, until=told.until)
        if wanted == told:
            return
        self._entries[key] = wanted
        event = PrefixAnnounced(
            interface=key[0],
            prefix=key[1],
            valid_secs=prefix.valid,
            preferred_secs=prefix.preferred,
        )
        self._change(key, event)

    def _deprecate(self, key: Key, now: int) -> None:
        told = self._entries[key]
        self._counting.pop(key, None)
        # Before this process said anything, what is written is all that is known.
        until = min(told.until, self._told_until.get(key, told.until))
        if told.valid == INFINITE:
            until = min(until, now + ENDLESS_LEFT_SECS)
        self._entries[key] = replace(told, deprecated=True, until=until)
        secs = max(0, until - now)
        self._change(key, PrefixDeprecated(interface=key[0], prefix=key[1], secs=secs))

    def _change(self, key: Key, event: Event) -> None:
        self._unsaved.add(key)
        self._events.append(event)

    def _lifetimes(self, told: Told, now: int) -> tuple[int, int]:
        """Valid and preferred lifetime of a current prefix (RFC 4861 6.2.1)."""
        prefix = self._counting.get((told.interface, told.prefix))
        if prefix is None or not prefix.count_down:
            return told.valid, told.preferred
        gone = max(0, now - told.first)
        return _less(told.valid, gone), _less(told.preferred, gone)


def _less(lifetime: int, gone: int) -> int:
    return lifetime if lifetime == INFINITE else max(0, lifetime - gone)
