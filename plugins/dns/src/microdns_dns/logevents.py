"""What the DNS foundation logs: names that stay, explained in the manual."""

from microdns.logs import LogEvents

EVENTS = LogEvents("dns")

STAGE_FAILED = EVENTS.error(
    "dns.stage_failed",
    "A stage of the query plan raised, and the query was answered with SERVFAIL: a fault of the "
    "store or of the network, or a defect of the plugin.",
)
ENCODE_FAILED = EVENTS.error(
    "dns.encode_failed",
    "An answer could not be written, and the query was answered with SERVFAIL: a defect.",
)
ZONE_UNKNOWN = EVENTS.error(
    "dns.zone_unknown", "Records changed in a zone that is not answered from: a defect."
)
