"""Wiring of the dashboard."""

from collections.abc import Iterable, Mapping

from microdns.plugin import Plugin, PluginContext, Section, hookimpl
from microdns.tabs import Tab, TabRegistry
from microdns_dashboard.config import DashboardConfig
from microdns_dashboard.metrics import DashboardMetrics


def _own(id: str, title: str, scope: str, order: int) -> Tab:
    return Tab(id, title, "microdns_dashboard", f"{id}.js", (), scope, order, folder="tabs")


OWN_TABS = (
    _own("overview", "Overview", "status:read", 0),
    _own("events", "Events", "journal:read", 900),
    _own("logs", "Logs", "logs:read", 910),
    _own("plugins", "Plugins", "status:read", 920),
)
"""What other plugins bring stands between the first and the second."""


class DashboardPlugin(Plugin):
    """The web page that an operator keeps open."""

    name = "dashboard"
    summary = "Web page for operators"
    requires = ("rest",)
    section = Section("api.dashboard", DashboardConfig)

    @hookimpl
    def microdns_tabs(self) -> Iterable[Tab]:
        return OWN_TABS

    @hookimpl
    async def microdns_setup(self, context: PluginContext[DashboardConfig]) -> None:
        # Imported here: litestar takes longer to import than the kernel to start.
        from microdns_dashboard.handlers import PATH, Handlers
        from microdns_dashboard.session import SessionHandlers
        from microdns_rest.pages import Pages

        self._pages = context.services.require(Pages)
        tabs = context.services.require(TabRegistry)
        metrics = DashboardMetrics()
        context.metrics.add(self.name, metrics)
        session = SessionHandlers(
            self._pages,
            context.operations,
            tabs,
            context.instance,
            metrics,
            round(context.config.session_hours * 3600),
        )
        self._pages.mount(self.name, PATH, Handlers(tabs, session).make)

    @hookimpl
    async def microdns_stop(self) -> None:
        if hasattr(self, "_pages"):
            self._pages.unmount(self.name)

    @hookimpl
    def microdns_status(self) -> Mapping[str, object]:
        return {"path": "/dashboard/"}
