"""SVCB: how a service is reached (RFC 9460)."""

from microdns_dns.rdata.svcb import ServiceBinding

TYPE = ServiceBinding("SVCB", 64, example='1 svc.example.com. alpn="h2,h3" port="8443"')
