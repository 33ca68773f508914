"""What the dashboard counts."""

from microdns.metrics import MetricSet


class DashboardMetrics(MetricSet):
    """Logins; the requests themselves are counted by the REST plugin."""

    def __init__(self) -> None:
        super().__init__()
        self.logins = self.counter(
            "microdns_dashboard_logins_total", "Sessions asked for.", ["outcome"]
        )
