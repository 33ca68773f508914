"""A: an IPv4 address (RFC 1035 3.4.1)."""

import socket

from microdns_dns.rdata.fields import Address, Single

TYPE = Single("A", 1, Address("address", socket.AF_INET), example="192.0.2.10")
