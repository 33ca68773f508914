"""What the REST interface counts."""

from microdns.metrics import MetricSet


class RestMetrics(MetricSet):
    """Requests, their time, streams, and what was refused."""

    def __init__(self) -> None:
        super().__init__()
        self.requests = self.counter(
            "microdns_rest_requests_total", "Requests answered.", ["method", "status"]
        )
        self.seconds = self.histogram(
            "microdns_rest_request_seconds", "Time to answer a request, streams left out."
        ).buckets()
        self.streams = self.gauge("microdns_rest_streams", "Event streams open.").cell()
        self.websockets = self.gauge("microdns_rest_websockets", "WebSockets open.").cell()
        self.cut_off = self.counter(
            "microdns_rest_cut_off_total",
            "Connections ended because the client was too slow, sent too much, or named no host.",
            ["reason"],
        )
