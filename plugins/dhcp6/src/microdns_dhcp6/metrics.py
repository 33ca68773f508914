"""What the DHCPv6 server counts."""

from microdns.metrics import Cell, MetricSet


class Dhcp6Metrics(MetricSet):
    """The metrics of this plugin."""

    def __init__(self) -> None:
        super().__init__()
        self._requests = self.counter(
            "microdns_dhcp6_requests_total",
            "Requests, by message type and by what became of them.",
            ["message", "outcome"],
        )
        self.malformed = self.counter(
            "microdns_dhcp6_malformed_total", "Datagrams that are no DHCPv6 requests."
        ).cell()
        self.unsent = self.counter(
            "microdns_dhcp6_replies_unsent_total", "Replies that could not be sent."
        ).cell()
        self.cut = self.counter(
            "microdns_dhcp6_options_left_out_total",
            "Options that found no place in a reply of the size that the link takes.",
        ).cell()
        self.commit_seconds = self.histogram(
            "microdns_dhcp6_commit_seconds", "From a request to its reply being durable."
        ).buckets()
        self.batch = self.histogram(
            "microdns_dhcp6_commit_batch_leases",
            "Leases made durable together.",
            bounds=(1, 2, 4, 8, 16, 32, 64, 128, 256),
        ).buckets()
        self._cells: dict[tuple[str, str], Cell] = {}

    def count(self, message: str, outcome: str) -> None:
        """Count a request."""
        cell = self._cells.get((message, outcome))
        if cell is None:
            cell = self._cells[message, outcome] = self._requests.cell(message, outcome)
        cell.value += 1
