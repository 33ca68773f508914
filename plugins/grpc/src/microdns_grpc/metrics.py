"""What the gRPC interface counts."""

from microdns.metrics import MetricSet


class GrpcMetrics(MetricSet):
    """Calls, their time, streams, connections, and what was refused."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = self.counter(
            "microdns_grpc_calls_total", "Calls answered.", ["method", "status"]
        )
        self.seconds = self.histogram(
            "microdns_grpc_call_seconds", "Time to answer a call, streams left out."
        ).buckets()
        self.streams = self.gauge("microdns_grpc_streams", "Streams open.").cell()
        self.connections = self.gauge("microdns_grpc_connections", "Connections open.").cell()
        self.cut_off = self.counter(
            "microdns_grpc_cut_off_total",
            "Connections ended because there were too many, or because of what the client did.",
            ["reason"],
        )
