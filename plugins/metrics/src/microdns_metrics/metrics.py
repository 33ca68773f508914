"""What the exporter counts of itself."""

from microdns.metrics import MetricSet


class ExporterMetrics(MetricSet):
    """The metrics of this plugin."""

    def __init__(self) -> None:
        super().__init__()
        self.requests = self.counter(
            "microdns_metrics_requests_total", "HTTP requests to the exporter.", ["code"]
        )
        self.connections = self.gauge(
            "microdns_metrics_connections", "Connections open to the exporter."
        ).cell()
        self.refused = self.counter(
            "microdns_metrics_connections_refused_total",
            "Connections closed at once because too many were open.",
        ).cell()
        self.left_out = self.counter(
            "microdns_metrics_left_out_total",
            "Metrics that could not be exported, once for each scrape that lacked them.",
            ["metric"],
        )
        self.series = self.gauge(
            "microdns_metrics_series", "Series in the scrape before this one."
        ).cell()
        self.duration = self.gauge(
            "microdns_metrics_collection_seconds",
            "Time that the scrape before this one took to read and encode all metrics.",
        ).cell()
