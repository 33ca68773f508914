"""DHCPv6 (RFC 8415): leases IPv6 addresses, and delegates prefixes."""
