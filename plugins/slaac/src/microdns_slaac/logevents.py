"""What router advertisements log."""

from microdns.logs import LogEvents

EVENTS = LogEvents("slaac")
PREFIX_ANNOUNCED = EVENTS.info("prefix.announced", "Hosts make addresses from a prefix.")
PREFIX_DEPRECATED = EVENTS.warn(
    "prefix.deprecated", "A prefix has gone; hosts are told so until it has run out."
)
NO_LINK_LOCAL = EVENTS.warn(
    "slaac.no_link_local",
    "The interface has no usable link-local address, so nothing can be advertised on it yet.",
)
NOT_FORWARDING = EVENTS.warn(
    "slaac.not_forwarding",
    "Hosts are told to send by way of this machine, which forwards nothing: turn on"
    " `net.ipv6.conf.all.forwarding`, or set `router_lifetime_secs = 0`.",
)
UNSENT = EVENTS.warn("slaac.unsent", "Advertisements can't be sent; it is tried again.")
DNS_WITHDRAWN = EVENTS.warn(
    "slaac.dns_withdrawn", "Hosts are told not to ask this machine's DNS while it is down."
)
DNS_RESTORED = EVENTS.info("slaac.dns_restored", "Hosts are told to ask it again.")
ROUTER_DIFFERS = EVENTS.warn(
    "slaac.router_differs", "Another router on the link tells hosts something else."
)
UNSAVED = EVENTS.error(
    "slaac.unsaved",
    "The prefixes announced can't be stored; they are announced all the same.",
)
