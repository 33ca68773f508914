"""DHCID: which DHCP client a name belongs to (RFC 4701)."""

from microdns_dns.rdata.fields import Base64, Single

TYPE = Single(
    "DHCID",
    49,
    Base64("digest"),
    example="AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=",
)
