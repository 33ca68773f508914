"""AAAA: an IPv6 address (RFC 3596)."""

import socket

from microdns_dns.rdata.fields import Address, Single

TYPE = Single("AAAA", 28, Address("address", socket.AF_INET6), example="2001:db8::10")
