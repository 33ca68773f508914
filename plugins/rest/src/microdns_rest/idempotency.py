"""``Idempotency-Key``: a write that is sent again is answered again, and not done again.

The client makes up a key for each write (``draft-ietf-httpapi-idempotency-key-header``).  Answers
are kept in memory for a day, within bounds: a restart forgets them.
"""

import asyncio
import hashlib
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from litestar import Request, Response

from microdns.clock import Clock
from microdns.errors import Invalid, Problem
from microdns.operations import Call
from microdns_rest.shape import malformed

HEADER = "idempotency-key"
KEY = re.compile(r"[!-~]{1,255}")
KEPT_SECONDS = 86_400
ANSWERS_MAX = 10_000
BYTES_MAX = 16 << 20

Run = Callable[[], Awaitable[Response[Any]]]


@dataclass
class _Kept:
    """A write under its key; ``lock`` is held while it is done."""

    digest: bytes
    until: float
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    response: Response[Any] | None = None
    size: int = 0


class Idempotency:
    """Remembers the answers to writes that have a key."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: OrderedDict[tuple[str, ...], _Kept] = OrderedDict()
        self._bytes = 0

    async def once(
        self, request: Request[Any, Any, Any], call: Call, body: bytes, run: Run
    ) -> Response[Any]:
        """``run()``'s response, or the one that it had when it was run for this key.

        Raises ``Invalid`` when the key was used for another request.  Errors are not kept.
        """
        key = key_of(request)
        if key is None:
            return await run()
        kept = self._under((call.principal.name, key), digest_of(request, body))
        async with kept.lock:
            if kept.response is None:
                kept.response = await run()
                kept.size = len(kept.response.content)
                self._bytes += kept.size
                self._trim()
            return kept.response

    def _under(self, name: tuple[str, ...], digest: bytes) -> _Kept:
        now = self._clock.monotonic()
        kept = self._kept.get(name)
        if kept is not None and kept.until <= now:
            self._forget(name)
            kept = None
        if kept is None:
            kept = self._kept[name] = _Kept(digest, now + KEPT_SECONDS)
            self._trim()
        if kept.digest != digest:
            raise Invalid("this Idempotency-Key was used for another request")
        return kept

    def _trim(self) -> None:
        while len(self._kept) > ANSWERS_MAX or self._bytes > BYTES_MAX:
            self._forget(next(iter(self._kept)))

    def _forget(self, name: tuple[str, ...]) -> None:
        self._bytes -= self._kept.pop(name).size


def key_of(request: Request[Any, Any, Any]) -> str | None:
    """The key of a request, if it has one; raises ``Malformed``."""
    key = request.headers.get(HEADER)
    if key is not None and KEY.fullmatch(key) is None:
        raise malformed(Problem("Idempotency-Key", "is 1 to 255 visible ASCII characters"))
    return key


def digest_of(request: Request[Any, Any, Any], body: bytes) -> bytes:
    """What must be the same for two requests to be the same."""
    head = f"{request.method} {request.url.path}?{request.url.query} "
    condition = request.headers.get("if-match", "")
    return hashlib.sha256(f"{head}{condition}\n".encode() + body).digest()
