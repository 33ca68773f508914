"""HTTPS: how a web server is reached (RFC 9460 section 9)."""

from microdns_dns.rdata.svcb import ServiceBinding

TYPE = ServiceBinding("HTTPS", 65, example='1 . alpn="h2,h3" ipv4hint="192.0.2.10"')
