"""The packet cache by operation."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from microdns.errors import Invalid, Problem, Unavailable
from microdns.operations import Call, Operation
from microdns_dns import names
from microdns_dns.operations import samples
from microdns_dns.operations.base import DnsOperations
from microdns_dns.packets.cache import Packets


class Flushing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to forget."""

    name: Annotated[str, Meta(description="Answers for this name; empty: all.")] = ""
    below: Annotated[bool, Meta(description="And for all names below it.")] = False


class Flushed(msgspec.Struct, frozen=True):
    """How many answers were forgotten, and how many are left."""

    flushed: int
    left: int


class CacheOperations(DnsOperations):
    """What can be done to the packet cache."""

    packets: Packets | None = None

    def declare(self) -> list[Operation[Any, Any]]:
        return [
            Operation(
                name="cache.flush",
                summary="Forget answers that are kept in the packet cache.",
                description="What zones hold is not kept there, and always answered as it is.",
                input=Flushing,
                output=Flushed,
                handler=self.flush,
                scope="cache:write",
                http="POST /cache/flush",
                sample=samples.CACHE_FLUSH,
                examples=(
                    "microdns cache flush",
                    "microdns cache flush --name example.com --below",
                ),
            )
        ]

    async def flush(self, call: Call, wanted: Flushing) -> Flushed:
        if self.packets is None:
            raise Unavailable("there is no packet cache: dns.packet_cache_size is 0")
        try:
            name = names.fold(names.from_text(wanted.name)) if wanted.name else b""
        except ValueError as error:
            raise Invalid.of(Problem("name", str(error))) from None
        count = self.packets.flush(name, wanted.below)
        return Flushed(count, len(self.packets))
