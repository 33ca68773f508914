"""What the DHCPv4 server counts."""

from microdns.metrics import Cell, MetricSet


class Dhcp4Metrics(MetricSet):
    """The metrics of this plugin."""

    def __init__(self) -> None:
        super().__init__()
        self._requests = self.counter(
            "microdns_dhcp4_requests_total",
            "Requests, by message type and by what became of them.",
            ["message", "outcome"],
        )
        self.malformed = self.counter(
            "microdns_dhcp4_malformed_total", "Datagrams that are no DHCPv4 requests."
        ).cell()
        self.unsent = self.counter(
            "microdns_dhcp4_replies_unsent_total", "Replies that could not be sent."
        ).cell()
        self.cut = self.counter(
            "microdns_dhcp4_options_left_out_total",
            "Options that found no place in a reply of the size that the client takes.",
        ).cell()
        self.conflicts = self.counter(
            "microdns_dhcp4_conflicts_total",
            "Addresses that answered before they were offered.",
        ).cell()
        self.commit_seconds = self.histogram(
            "microdns_dhcp4_commit_seconds", "From a request to its reply being durable."
        ).buckets()
        self.batch = self.histogram(
            "microdns_dhcp4_commit_batch_leases",
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
