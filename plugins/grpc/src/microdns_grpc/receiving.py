"""Taking one message from a call, within limits that grpclib does not have.

Its prefix is one octet that says whether it is compressed, and four with its length (gRPC over
HTTP/2, "Length-Prefixed-Message").
"""

import asyncio
from typing import Any

from grpclib.const import Status
from grpclib.exceptions import GRPCError

from microdns.errors import TooLarge
from microdns_grpc.wire import Malformed

PREFIX_OCTETS = 5
LARGE_OCTETS = 64 * 1024
LARGE_AT_ONCE = 16
"""Messages above ``LARGE_OCTETS`` that are taken in at the same time; others wait their turn."""


class Receiver:
    """Takes in messages; one serves all calls."""

    def __init__(self, bytes_max: int, timeout_seconds: float) -> None:
        self._bytes_max = bytes_max
        self._timeout_seconds = timeout_seconds
        self._turns = asyncio.Semaphore(LARGE_AT_ONCE)

    async def one(self, stream: Any) -> bytes | None:
        """The next message's octets, None when there is none; raises ``TooLarge``, ``Malformed``.

        ``stream`` is grpclib's.
        """
        raw = stream._stream  # the only way to see a length before the message is taken in
        size = await self._size(raw)
        if size is None:
            return None
        if size <= LARGE_OCTETS:
            return await self._read(raw, size)
        async with self._turns:
            return await self._read(raw, size)

    async def _size(self, raw: Any) -> int | None:
        prefix = await self._read(raw, PREFIX_OCTETS)
        if not prefix:
            return None
        if prefix[0]:
            raise GRPCError(Status.UNIMPLEMENTED, "compressed messages are not taken")
        size = int.from_bytes(prefix[1:])
        if size > self._bytes_max:
            raise TooLarge(f"the message is larger than {self._bytes_max:,} octets")
        return size

    async def _read(self, raw: Any, size: int) -> bytes:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                octets: bytes = await raw.recv_data(size)
        except TimeoutError:
            raise GRPCError(
                Status.DEADLINE_EXCEEDED, "the request did not arrive in time"
            ) from None
        except (AssertionError, IndexError):  # grpclib's way to say that the call ended before
            raise Malformed("the message is cut off") from None
        return octets
