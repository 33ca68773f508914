"""MicroDNS authoritative answers and zone files."""
