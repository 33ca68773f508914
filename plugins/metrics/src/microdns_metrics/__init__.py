"""The Prometheus exporter: what every plugin counts, over HTTP on a port of its own."""
