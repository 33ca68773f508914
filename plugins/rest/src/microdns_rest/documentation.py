"""The OpenAPI document and a page for people, made here: nothing is loaded from elsewhere."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from microdns.errors import Throttled, Unauthenticated
from microdns_rest.identity import Gate
from microdns_rest.openapi import Document
from microdns_rest.page import page_of
from microdns_rest.shape import Shape

BASE = "/api/v1"
STRICT = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'"
"""The page's Content-Security-Policy: it has a style sheet, and no script."""
PAGE_HEADERS = {
    "Content-Security-Policy": STRICT,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
BASIC = 'Basic realm="MicroDNS: the key is the password", charset="UTF-8"'


class Documentation:
    """Handlers of ``/openapi.json``, ``/docs`` and its style sheet."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def handlers(self, shapes: Sequence[Shape]) -> list[HTTPRouteHandler]:
        """The handlers for what is served now; the document is built when it is first asked for."""
        built: dict[str, Any] = {}

        def document() -> dict[str, Any]:
            if not built:
                built.update(Document(shapes).build(BASE))
            return built

        @get("/openapi.json", sync_to_thread=False)
        def openapi(request: Request[Any, Any, Any]) -> Response[bytes]:
            self._gate.identify(request.scope)
            return Response(msgspec.json.encode(document()), media_type="application/json")

        @get("/docs", sync_to_thread=False)
        def docs(request: Request[Any, Any, Any]) -> Response[str]:
            try:
                self._gate.identify(request.scope, basic=True)
            except (Unauthenticated, Throttled) as error:
                return _page(f"{error}\n", 401, {"WWW-Authenticate": BASIC}, "text/plain")
            return _page(page_of(document()), 200)

        @get("/docs/style.css", sync_to_thread=False)
        def style() -> Response[str]:
            text = (files("microdns_rest") / "style.css").read_text()
            return Response(text, media_type="text/css", headers={"Cache-Control": "max-age=3600"})

        return [openapi, docs, style]


def _page(
    text: str, status: int, headers: dict[str, str] | None = None, kind: str = "text/html"
) -> Response[str]:
    return Response(
        text,
        status_code=status,
        media_type=kind,
        headers={**PAGE_HEADERS, **(headers or {})},
    )
