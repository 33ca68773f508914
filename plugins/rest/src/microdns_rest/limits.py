"""Around the application: counts requests, and holds back clients that ask too often."""

import time
from http import HTTPStatus
from typing import Any

import msgspec

from microdns.access import ClientRates
from microdns.errors import Throttled
from microdns_rest.identity import client_of
from microdns_rest.metrics import RestMetrics
from microdns_rest.problems import PROBLEM_JSON, details_of, headers_of


class Limited:
    """An ASGI application that asks another one, within the rates."""

    def __init__(self, application: Any, rates: ClientRates, metrics: RestMetrics) -> None:
        self._application = application
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

        if self._rates.take(client_of(scope)):
            await self._application(scope, receive, counting)
        else:
            await refuse(counting)
        if not streaming:
            self._metrics.seconds.observe(time.perf_counter() - began)


async def refuse(send: Any) -> None:
    """Answer 429 (RFC 6585 section 4)."""
    details = details_of(Throttled("too many requests; try again in a second"))
    headers = {**headers_of(details), "Content-Type": PROBLEM_JSON}
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    status = HTTPStatus.TOO_MANY_REQUESTS.value
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": msgspec.json.encode(details)})
