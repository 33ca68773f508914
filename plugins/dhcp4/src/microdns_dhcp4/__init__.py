"""MicroDNS's DHCPv4 server."""
