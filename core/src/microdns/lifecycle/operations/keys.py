"""Managing API keys."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from microdns.access.delegation import excess, is_restricted
from microdns.access.keys import KEYS, Key, KeyCreated, KeyDeleted, digest_of, new_secret, written
from microdns.access.limits import ADDRESS
from microdns.errors import Denied, Invalid, NotFound, Problem
from microdns.lifecycle.operations import samples
from microdns.lifecycle.operations.base import KernelOperations, rfc3339
from microdns.operations import Call, Cli, Column, Nothing, Operation
from microdns.operations.registry import holds

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
SCOPE = re.compile(r"\*|[a-z0-9_]+:(?:\*|read|write)")
LIMIT = re.compile(r"[a-z][a-z0-9_]*")


class CreateKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a key is made of."""

    name: str
    scopes: Annotated[list[str], Meta(description="What it may do: zones:read, records:*, *.")]
    limits: Annotated[
        dict[str, list[str]],
        Meta(description="To what: patterns by zone, name, type, or networks by address."),
    ] = {}
    expires_in_seconds: Annotated[int, Meta(ge=0, description="0: never.")] = 0


class CreateKeyArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The same, to be typed."""

    name: str
    scope: Annotated[list[str], Meta(description="What it may do: zones:read, records:*, *.")] = []
    limit: Annotated[
        list[str],
        Meta(description="To what: zone=example.com, name=*.dev, type=TXT, address=192.0.2.0/24."),
    ] = []
    days: Annotated[int, Meta(ge=0, description="Days until it expires; 0: never.")] = 0


class KeyName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


class ShownKey(msgspec.Struct, frozen=True, omit_defaults=True):
    """A key as it is shown; ``key`` (what a client presents) only when it has just been made."""

    name: str
    id: str
    scopes: tuple[str, ...]
    limits: Mapping[str, tuple[str, ...]]
    created: str
    expires: str = "never"
    key: str = ""


class KeyOperations(KernelOperations):
    """``key.*``."""

    def operations(self) -> "list[Operation[Any, Any]]":
        return [*self._showing(), *self._changing()]

    def _showing(self) -> "list[Operation[Any, Any]]":
        return [
            Operation(
                name="key.list",
                summary="List the API keys.",
                input=Nothing,
                output=list[ShownKey],
                handler=self.list,
                scope="keys:read",
                http="GET /keys",
                sample=samples.KEY_LIST,
                offline=True,
                cli=Cli(
                    columns=(
                        Column("NAME", "name"),
                        Column("ID", "id"),
                        Column("SCOPES", "scopes"),
                        Column("LIMITS", "limits"),
                        Column("EXPIRES", "expires"),
                    )
                ),
            ),
        ]

    def _changing(self) -> "list[Operation[Any, Any]]":
        return [
            Operation(
                name="key.create",
                conditional=False,
                summary="Make an API key, and show it once.",
                description=(
                    "From the first key on, every request over the network needs one.  A key makes "
                    "none that has more than itself: scopes, client addresses, time."
                ),
                input=CreateKey,
                output=ShownKey,
                handler=self.create,
                scope="keys:write",
                http="POST /keys",
                sample=samples.KEY_CREATE,
                offline=True,
                cli=Cli(input=CreateKeyArguments, convert=_typed),
                examples=(
                    "microdns key create backup --scope zones:read",
                    "microdns key create acme --scope records:write "
                    "--limit zone=example.com --limit type=TXT --days 90",
                ),
            ),
            Operation(
                name="key.delete",
                conditional=False,
                summary="Delete an API key; it is refused from now on.",
                input=KeyName,
                output=ShownKey,
                handler=self.delete,
                scope="keys:write",
                http="DELETE /keys/{name}",
                sample=samples.KEY_DELETE,
                offline=True,
                cli=Cli(confirm="Delete the key {name}?"),
            ),
        ]

    async def list(self, _call: Call, _input: Nothing) -> "list[ShownKey]":
        return [shown(key) for key in self._kernel.store.scan(KEYS)]

    async def create(self, call: Call, wanted: CreateKey) -> ShownKey:
        problems = list(_problems(wanted))
        if problems:
            raise Invalid.of(*problems)
        for scope in wanted.scopes:
            if not holds(call.principal, scope):
                raise Denied(f"{call.principal.name} can't give away the scope {scope}")
        id, secret = new_secret()
        now = self._kernel.clock.time_ns()
        lifetime_ns = wanted.expires_in_seconds * 1_000_000_000
        key = Key(
            name=wanted.name,
            id=id,
            digest=digest_of(secret),
            scopes=tuple(wanted.scopes),
            limits={name: tuple(patterns) for name, patterns in wanted.limits.items()},
            created_ns=now,
            expires_ns=now + lifetime_ns if lifetime_ns else 0,
        )
        for what in excess(call.principal, key):
            raise Denied(f"{call.principal.name} can't give away {what}")
        async with self._kernel.store.transaction(call.principal, call.dry_run) as transaction:
            transaction.insert(KEYS, key)
            transaction.emit(
                KeyCreated(
                    name=key.name, scopes=key.scopes, limits=key.limits, expires_ns=key.expires_ns
                )
            )
        return shown(key, "" if call.dry_run else written(id, secret))

    async def delete(self, call: Call, wanted: KeyName) -> ShownKey:
        async with self._kernel.store.transaction(call.principal, call.dry_run) as transaction:
            key = transaction.get(KEYS, wanted.name.encode())
            if key is None:
                raise NotFound(f"no key {wanted.name}")
            if is_restricted(call.principal) and len(list(transaction.scan(KEYS, limit=2))) < 2:
                raise Denied(
                    f"{key.name} is the last key: without it everybody may do everything, so only "
                    "who may do everything, from everywhere and for ever, can delete it"
                )
            transaction.delete(KEYS, wanted.name.encode())
            transaction.emit(KeyDeleted(name=key.name))
        return shown(key)


def shown(key: Key, secret: str = "") -> ShownKey:
    """A key without its digest."""
    return ShownKey(
        name=key.name,
        id=key.id,
        scopes=key.scopes,
        limits=key.limits,
        created=rfc3339(key.created_ns),
        expires=rfc3339(key.expires_ns) if key.expires_ns else "never",
        key=secret,
    )


def _problems(wanted: CreateKey) -> Iterator[Problem]:
    if not NAME.fullmatch(wanted.name):
        yield Problem("name", "must be lower-case letters, digits, dots, hyphens; at most 63")
    if not wanted.scopes:
        yield Problem("scopes", "at least one is needed (zones:read, records:write, *)")
    for index, scope in enumerate(wanted.scopes):
        if not SCOPE.fullmatch(scope):
            yield Problem(f"scopes[{index}]", f"{scope!r} is not of the form zones:read")
    for attribute, patterns in wanted.limits.items():
        if not LIMIT.fullmatch(attribute) or not patterns:
            yield Problem(f"limits.{attribute}", "needs a plain name, and at least one pattern")
        if attribute == ADDRESS:
            yield from _network_problems(patterns)


def _network_problems(networks: "list[str]") -> Iterator[Problem]:
    for index, network in enumerate(networks):
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            yield Problem(f"limits.address[{index}]", str(error))


def _typed(arguments: CreateKeyArguments) -> CreateKey:
    limits: dict[str, list[str]] = {}
    for text in arguments.limit:
        attribute, equals, pattern = text.partition("=")
        if not equals:
            raise Invalid.of(Problem("limit", f"{text!r}: write it as zone=example.com"))
        limits.setdefault(attribute, []).append(pattern)
    return CreateKey(arguments.name, arguments.scope, limits, arguments.days * 86_400)
