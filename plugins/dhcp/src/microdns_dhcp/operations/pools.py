"""``pool.*``: ranges of addresses, and how full they are."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from microdns.operations import Call, Cli, Column, Nothing, Operation
from microdns_dhcp.model import Pool
from microdns_dhcp.operations import samples
from microdns_dhcp.operations.base import (
    Desk,
    FamilyField,
    FamilyFilter,
    Id,
    Limit,
    Offset,
    ToldFields,
    new_id,
    values_of,
)


class PoolQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which pools to show."""

    family: FamilyFilter = 0
    offset: Offset = 0
    limit: Limit = 100


class PoolShown(msgspec.Struct, frozen=True):
    """A pool, and its use now: ``size`` and ``free`` count addresses (or prefixes)."""

    pool: Pool
    size: int
    free: int
    used_percent: float


class PoolPage(msgspec.Struct, frozen=True):
    """Some of the pools; ``total`` counts all that were asked for."""

    items: list[PoolShown]
    total: int
    offset: int
    limit: int


class PoolKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One pool."""

    id: Id


class PoolCreate(ToldFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pool to be made."""

    subnet: Annotated[str, Meta(description="Network that the addresses lie in.")]
    range_start: Annotated[str, Meta(description="First address.")] = ""
    range_end: Annotated[str, Meta(description="Last address.")] = ""
    family: FamilyField = 4
    exclude: Annotated[tuple[str, ...], Meta(description="Addresses that are not given out.")] = ()
    kind: Annotated[
        Literal["address", "prefix"], Meta(description="Addresses, or prefixes to delegate.")
    ] = "address"
    delegated_length: Annotated[
        int, Meta(ge=0, le=128, description="Length of the prefixes delegated.")
    ] = 0
    preferred_time_secs: Annotated[
        int | None, Meta(description="Preferred lifetime, in seconds (IPv6).")
    ] = None
    interface: Annotated[str, Meta(description="Interface of its clients.")] = ""
    relays: Annotated[tuple[str, ...], Meta(description="Relay agents of its clients.")] = ()
    client_class: Annotated[str, Meta(description="Only for clients of this class.")] = ""
    zone: Annotated[str, Meta(description="Zone for the names of its clients.")] = ""


class PoolReplace(PoolCreate, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pool as it is to be from now on."""

    id: Id


COLUMNS = (
    Column("ID", "pool.id"),
    Column("SUBNET", "pool.subnet"),
    Column("FROM", "pool.range_start"),
    Column("TO", "pool.range_end"),
    Column("FREE", "free"),
    Column("USED %", "used_percent"),
    Column("SOURCE", "pool.source"),
)


class PoolOperations:
    """Handlers of ``pool.*``."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def operations(self) -> list[Operation[Any, Any]]:
        return [*self._reading(), *self._changing()]

    def _reading(self) -> list[Operation[Any, Any]]:
        return [
            Operation(
                name="pool.list",
                summary="Show pools and how full they are.",
                input=PoolQuery,
                output=PoolPage,
                handler=self.list,
                scope="pools:read",
                http="GET /dhcp/pools",
                sample=samples.POOL_LIST,
                cli=Cli(columns=COLUMNS),
            ),
            Operation(
                name="pool.get",
                summary="Show one pool and how full it is.",
                input=PoolKey,
                output=PoolShown,
                handler=self.get,
                scope="pools:read",
                http="GET /dhcp/pools/{id}",
                sample=samples.POOL_GET,
            ),
        ]

    def _changing(self) -> list[Operation[Any, Any]]:
        return [
            Operation(
                name="pool.create",
                summary="Add a range of addresses.",
                input=PoolCreate,
                output=Pool,
                handler=self.create,
                scope="pools:write",
                http="POST /dhcp/pools",
                sample=samples.POOL_CREATE,
            ),
            Operation(
                name="pool.update",
                summary="Change a pool; what is left out is set to its default.",
                input=PoolReplace,
                output=Pool,
                handler=self.update,
                scope="pools:write",
                http="PUT /dhcp/pools/{id}",
                sample=samples.POOL_UPDATE,
            ),
            Operation(
                name="pool.delete",
                summary="Remove a pool; leases in it are not renewed.",
                input=PoolKey,
                output=Nothing,
                handler=self.delete,
                scope="pools:write",
                http="DELETE /dhcp/pools/{id}",
                sample=samples.POOL_DELETE,
                cli=Cli(confirm="Remove this pool?"),
            ),
        ]

    async def list(self, _call: Call, query: PoolQuery) -> PoolPage:
        pools = self._desk.catalogue.pools(query.family or None)
        page = pools[query.offset : query.offset + query.limit]
        return PoolPage(list(map(self._shown, page)), len(pools), query.offset, query.limit)

    async def get(self, _call: Call, key: PoolKey) -> PoolShown:
        return self._shown(self._desk.catalogue.pool(key.id))

    async def create(self, call: Call, wanted: PoolCreate) -> Pool:
        pool = Pool(id=new_id(), **values_of(wanted))
        return await self._desk.catalogue.put_pool(call, pool, None)

    async def update(self, call: Call, wanted: PoolReplace) -> Pool:
        before = self._desk.catalogue.pool(wanted.id)
        return await self._desk.catalogue.put_pool(call, Pool(**values_of(wanted)), before)

    async def delete(self, call: Call, key: PoolKey) -> Nothing:
        await self._desk.catalogue.delete_pool(call, key.id)
        return Nothing()

    def _shown(self, pool: Pool) -> PoolShown:
        arena = self._desk.book.arenas.get(pool.subnet)
        for each in arena.pools if arena is not None else ():
            if each.pool.id == pool.id:
                size, free = each.free.size, each.free.free
                return PoolShown(pool, size, free, round(100 * (size - free) / size, 2))
        return PoolShown(pool, 0, 0, 0.0)
