"""MicroDNS REST interface: the operations registry, projected onto HTTP."""
