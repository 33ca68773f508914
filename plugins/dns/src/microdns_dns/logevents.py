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
IMAGE_UNUSABLE = EVENTS.warn(
    "dns.image_unusable",
    "The file that holds a large zone, ready to be answered from, is damaged, too old, or of "
    "another version. The zone is read from its records, which takes longer; the file is written "
    "anew.",
)
IMAGE_UNWRITTEN = EVENTS.warn(
    "dns.image_unwritten",
    "The file of a large zone can't be written. The server works as before; its next start "
    "takes longer.",
)
RATE_LIMITED = EVENTS.warn(
    "dns.rate_limited",
    "Clients of some prefix ask more than dns.rate_limit lets them: somebody may ask in their "
    "name. Said at most once a minute, with how many responses since were dropped, sent truncated, "
    "or would have been limited (dns.rate_limit.log_only).",
)
