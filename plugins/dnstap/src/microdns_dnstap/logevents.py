"""What dnstap output logs: names that stay, explained in the manual."""

from microdns.logs import LogEvents

EVENTS = LogEvents("dnstap")

CONNECTED = EVENTS.info("dnstap.connected", "A reader is connected, and is told from now on.")
LOST = EVENTS.warn(
    "dnstap.lost",
    "The reader ended the connection. It is tried again; messages wait meanwhile, as many as there "
    "is room for (dns.dnstap.buffer_size).",
)
UNREACHABLE = EVENTS.warn(
    "dnstap.unreachable",
    "No reader of dnstap can be reached at dns.dnstap.socket: none listens there, it may not be "
    "used, or what listens speaks another protocol. Said once until one is connected; it is tried "
    "again and again.",
)
