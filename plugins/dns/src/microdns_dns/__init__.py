"""MicroDNS foundation for DNS: names, records, zones, listeners, the query plan."""
