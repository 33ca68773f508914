"""What is served below ``/dashboard``: the page's files, those of tabs, and the session."""

from importlib.resources import files
from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from microdns.errors import NotFound
from microdns.tabs import TabRegistry
from microdns_dashboard.assets import HEADERS, asset
from microdns_dashboard.session import SessionHandlers

AnyRequest = Request[Any, Any, Any]
PATH = "/dashboard"


class Handlers:
    """Makes the handlers, which need no key: what they serve tells nothing."""

    def __init__(self, tabs: TabRegistry, session: SessionHandlers) -> None:
        self._tabs = tabs
        self._session = session
        self._web = files("microdns_dashboard") / "web"

    def make(self) -> list[HTTPRouteHandler]:
        """Handlers for litestar, made anew each time that it is built."""
        return [self._file(), self._tab(), *self._session.make()]

    def _file(self) -> HTTPRouteHandler:
        @get(["/", "/{path:path}"], sync_to_thread=False)
        def file(request: AnyRequest) -> Response[Any]:
            wanted = str(request.path_params.get("path", "")).strip("/")
            if not wanted and not request.scope["raw_path"].endswith(b"/"):
                return Redirect(f"{PATH}/", headers=HEADERS)  # the page's links are relative
            return asset(request, self._web, wanted or "index.html")

        return file

    def _tab(self) -> HTTPRouteHandler:
        @get("/tabs/{tab:str}/{name:str}", sync_to_thread=False)
        def tab_file(request: AnyRequest) -> Response[bytes]:
            found = self._tabs.find(request.path_params["tab"])
            if found is None:
                raise NotFound("there is nothing here")
            return asset(request, found.files(), request.path_params["name"])

        return tab_file
