"""The ASGI application: litestar, rebuilt when operations come or go."""

import logging
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from litestar import Litestar, Request, Response, Router
from litestar.config.compression import CompressionConfig
from litestar.config.cors import CORSConfig
from litestar.exceptions import HTTPException

from microdns.errors import MicroDNSError, NotFound
from microdns.operations import OperationRegistry
from microdns_rest import logevents
from microdns_rest.config import RestConfig
from microdns_rest.documentation import Documentation
from microdns_rest.handlers import Handlers
from microdns_rest.identity import Gate
from microdns_rest.pages import Pages
from microdns_rest.problems import Errors, details_of, response_of
from microdns_rest.shape import Shape

BASE = "/api/v1"


class Application:
    """Serves the operations that are registered at the moment of the request."""

    def __init__(
        self,
        config: RestConfig,
        operations: OperationRegistry,
        handlers: Handlers,
        pages: Pages,
        gate: Gate,
        documentation: Documentation,
        errors: Errors,
        log: logging.Logger,
    ) -> None:
        self._config = config
        self._operations = operations
        self._handlers = handlers
        self._pages = pages
        self._gate = gate
        self._documentation = documentation
        self._errors = errors
        self._log = log
        self._built_for = (-1, -1)
        self._app: Litestar
        self._routes: list[tuple[str, str, re.Pattern[str]]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        wanted = (self._operations.revision, self._pages.revision)
        if self._built_for != wanted:
            self._built_for = wanted
            self._app = self.build()
        if scope["type"] == "http" and scope["method"] == "OPTIONS" and not self._cors():
            await self._tell_verbs(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _tell_verbs(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer OPTIONS: litestar's own answer knows one verb of a path, and asks for no key."""
        verbs = self._verbs(scope["path"])
        try:
            self._gate.identify(scope)
            if not verbs:
                raise NotFound("there is nothing here")
        except MicroDNSError as error:
            response = response_of(details_of(error))
        else:
            implied = {"OPTIONS", "HEAD"} if "GET" in verbs else {"OPTIONS"}
            allow = ", ".join(sorted(verbs | implied))
            response = Response(None, status_code=HTTPStatus.NO_CONTENT, headers={"Allow": allow})
        await response.to_asgi_response(None, Request(scope))(scope, receive, send)

    def _verbs(self, path: str) -> set[str]:
        """The verbs of a path; where a literal and a placeholder match, the literal's alone."""
        found = [(route, verb) for verb, route, like in self._routes if like.fullmatch(path)]
        if not found:
            return self._pages.verbs(path)
        best = min(route.count("{") for route, _ in found)
        return {verb for route, verb in found if route.count("{") == best}

    def build(self) -> Litestar:
        """litestar with a route for each operation, and the pages of other plugins."""
        shapes = list(self._usable())
        self._routes = [(shape.verb, shape.route, shape.matching(BASE)) for shape in shapes]
        errors: dict[Any, Any] = {
            MicroDNSError: self._errors.ours,
            HTTPException: self._errors.frameworks,
            Exception: self._errors.defect,
        }
        return Litestar(
            route_handlers=[
                Router(
                    BASE,
                    route_handlers=[
                        *map(self._handlers.make, shapes),
                        *self._documentation.handlers(shapes),
                    ],
                ),
                *self._pages.routers(),
            ],
            exception_handlers=errors,
            request_max_body_size=self._config.body_bytes_max,
            compression_config=CompressionConfig(
                backend="gzip", minimum_size=1024, gzip_compress_level=1, exclude_opt_key="streams"
            ),
            cors_config=self._cors(),
            openapi_config=None,
            logging_config=None,
        )

    def _usable(self) -> Iterator[Shape]:
        """What has an HTTP form; one that is broken or taken is left out, and does not matter."""
        taken: set[tuple[str, str]] = set()
        for operation in self._operations:
            if operation.http is None:
                continue
            try:
                shape = Shape(operation)
                place = (shape.verb, shape.route)
                if place in taken:
                    raise ValueError(f"{operation.name}: {operation.http} is taken already")
            except (ValueError, TypeError, NameError) as error:
                logevents.LEFT_OUT(self._log, "an operation has no route: %s", error)
                continue
            taken.add(place)
            yield shape

    def _cors(self) -> CORSConfig | None:
        if not self._config.cors_origins:
            return None
        return CORSConfig(allow_origins=list(self._config.cors_origins))
