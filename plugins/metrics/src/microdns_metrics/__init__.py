"""MicroDNS Prometheus exporter."""
