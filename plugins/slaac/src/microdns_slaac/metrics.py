"""What is counted of router advertisements."""

from microdns.metrics import MetricSet


class SlaacMetrics(MetricSet):
    """The metrics of this plugin."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = self.counter(
            "microdns_slaac_advertisements_total",
            "Advertisements sent, to all hosts (multicast), to one (unicast) or before silence.",
            ["interface", "kind"],
        )
        self.unsent = self.counter(
            "microdns_slaac_advertisements_unsent_total",
            "Advertisements that could not be sent; they are tried again.",
            ["interface"],
        )
        self.received = self.counter(
            "microdns_slaac_messages_total",
            "Messages received: solicitations, advertisements of other routers, malformed ones.",
            ["interface", "kind"],
        )
        self.inconsistencies = self.counter(
            "microdns_slaac_inconsistencies_total",
            "Advertisements of other routers that differ from ours in a way that hosts notice.",
            ["interface"],
        )
        self.routers_left_out = self.counter(
            "microdns_slaac_routers_left_out_total",
            "Advertisements of other routers that there was no room to remember.",
        ).cell()
        self.unsaved = self.counter(
            "microdns_slaac_save_failures_total",
            "Times that the prefixes announced could not be stored; it is tried again.",
        ).cell()
