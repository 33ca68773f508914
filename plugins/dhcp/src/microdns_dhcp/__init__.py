"""MicroDNS's foundation for DHCP: who holds which address, and where packets come from."""
