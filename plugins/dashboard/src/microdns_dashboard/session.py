"""Login and logout of the page, and what it is told once it is in."""

from collections.abc import Iterator
from typing import Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.handlers import HTTPRouteHandler

from microdns import __version__
from microdns.errors import MicroDNSError
from microdns.events import Principal
from microdns.operations import ANYTHING, Operation, OperationRegistry
from microdns.operations.registry import holds
from microdns.plugin import Instance
from microdns.tabs import TabRegistry
from microdns_dashboard.assets import HEADERS
from microdns_dashboard.metrics import DashboardMetrics
from microdns_rest.identity import presented
from microdns_rest.pages import Pages
from microdns_rest.sessions import csrf_of, set_cookie, token_of

AnyRequest = Request[Any, Any, Any]


class TabShown(msgspec.Struct, frozen=True):
    """A tab that the page may load."""

    id: str
    title: str
    module: str
    styles: tuple[str, ...]


class SessionShown(msgspec.Struct, frozen=True):
    """Who is logged in, and what there is for them.

    ``operations`` maps names to ``GET /zones/{id}`` and the like: those that the caller may call.
    ``login`` is false while no key is needed; ``csrf`` goes with each write of a session.
    """

    name: str
    login: bool
    csrf: str
    instance: str
    version: str
    tabs: list[TabShown]
    operations: dict[str, str]


class SessionHandlers:
    """``POST``, ``GET`` and ``DELETE /dashboard/session``."""

    def __init__(
        self,
        pages: Pages,
        operations: OperationRegistry,
        tabs: TabRegistry,
        instance: Instance,
        metrics: DashboardMetrics,
        seconds: int,
    ) -> None:
        self._pages = pages
        self._operations = operations
        self._tabs = tabs
        self._instance = instance
        self._metrics = metrics
        self._seconds = seconds

    def make(self) -> list[HTTPRouteHandler]:
        """Handlers for litestar."""
        return [self._log_in(), self._show(), self._log_out()]

    def _log_in(self) -> HTTPRouteHandler:
        @post("/session", status_code=201)
        async def log_in(request: AnyRequest) -> Response[bytes]:
            key = presented(request.scope["headers"]) or ""
            try:
                principal = self._pages.identify(request.scope)
            except MicroDNSError:
                self._metrics.logins.cell("refused").inc()
                raise
            self._metrics.logins.cell("granted").inc()
            opened = await self._pages.sessions.open(key, self._seconds)
            if opened is None:
                return _json(self._shown(principal, ""), 201)
            cookie = set_cookie(request.scope, opened.token, opened.seconds)
            return _json(self._shown(principal, opened.csrf), 201, cookie)

        return log_in

    def _show(self) -> HTTPRouteHandler:
        @get("/session", sync_to_thread=False)
        def show(request: AnyRequest) -> Response[bytes]:
            principal = self._pages.identify(request.scope)
            token = token_of(request.scope)
            return _json(self._shown(principal, csrf_of(token) if token else ""), 200)

        return show

    def _log_out(self) -> HTTPRouteHandler:
        @delete("/session", status_code=200)
        async def log_out(request: AnyRequest) -> Response[bytes]:
            self._pages.identify(request.scope)
            token = token_of(request.scope)
            if token is not None:
                await self._pages.sessions.close(token)
            return _json({}, 200, set_cookie(request.scope, "", 0))

        return log_out

    def _shown(self, principal: Principal, csrf: str) -> SessionShown:
        tabs = [
            TabShown(tab.id, tab.title, f"tabs/{tab.id}/{tab.module}", _styles(tab.id, tab.styles))
            for tab in self._tabs
            if not tab.scope or holds(principal, tab.scope)
        ]
        return SessionShown(
            name=principal.name,
            login=not self._pages.is_open,
            csrf=csrf,
            instance=self._instance.id,
            version=__version__,
            tabs=tabs,
            operations=dict(self._callable(principal)),
        )

    def _callable(self, principal: Principal) -> Iterator[tuple[str, str]]:
        for operation in self._operations:
            if operation.http is not None and _may(principal, operation):
                yield operation.name, operation.http


def _may(principal: Principal, operation: Operation[Any, Any]) -> bool:
    """Whether ``authorize`` would let the caller in."""
    if not operation.scope:
        return True
    within = operation.honours == ANYTHING or set(principal.limits) <= operation.honours
    return within and holds(principal, operation.scope)


def _styles(id: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"tabs/{id}/{name}" for name in names)


def _json(value: Any, status: int, cookie: str | None = None) -> Response[bytes]:
    headers = {**HEADERS, "Cache-Control": "no-store"}
    if cookie is not None:
        headers["Set-Cookie"] = cookie
    return Response(
        msgspec.json.encode(value),
        status_code=status,
        media_type="application/json",
        headers=headers,
    )
