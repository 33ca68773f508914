"""CNAME: the name that this one stands for (RFC 1035 3.3.1)."""

from microdns_dns.rdata.fields import Name, Single

TYPE = Single("CNAME", 5, Name("cname"), example="target.example.com.")
