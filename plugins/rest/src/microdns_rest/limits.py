"""Around the application: counts requests, and holds back clients that ask too often.

While the process stops, plugins and what they serve go one by one.  New requests are refused
then, lest a client takes what is gone already for something that does not exist.
"""

import time
from typing import Any

import msgspec

from microdns.access import ClientRates
from microdns.errors import MicroDNSError, Throttled, Unavailable
from microdns.running import Running
from microdns_rest.identity import client_of
from microdns_rest.metrics import RestMetrics
from microdns_rest.problems import PROBLEM_JSON, details_of, headers_of

GOING = "the server is stopping"


class Limited:
    """An ASGI application that asks another one, within the rates."""

    def __init__(
        self, application: Any, rates: ClientRates, metrics: RestMetrics, running: Running
    ) -> None:
        self._application = application
        self._running = running
        self._rates = rates
        self._metrics = metrics

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        began = time.perf_counter()
        streaming = False

        async def counting(message: Any) -> None:
            nonlocal streaming
            if message["type"] == "http.response.start":
                self._metrics.requests.cell(scope["method"], str(message["status"])).inc()
                streaming = any(
                    value.startswith(b"text/event-stream") for _, value in message["headers"]
                )
            await send(message)

        refusal = self._refusal(scope)
        if refusal is None:
            await self._application(scope, receive, counting)
        else:
            await refuse(counting, refusal)
        if not streaming:
            self._metrics.seconds.observe(time.perf_counter() - began)

    def _refusal(self, scope: Any) -> MicroDNSError | None:
        if self._running.stopping:
            return Unavailable(GOING)
        if not self._rates.take(client_of(scope)):
            return Throttled("too many requests; try again in a second")
        return None


async def refuse(send: Any, refusal: MicroDNSError) -> None:
    """Answer 429 (RFC 6585 section 4) or 503, with the time to wait."""
    details = details_of(refusal)
    headers = {**headers_of(details), "Content-Type": PROBLEM_JSON}
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": details.status, "headers": pairs})
    await send({"type": "http.response.body", "body": msgspec.json.encode(details)})
