"""DNAME: the tree that this one stands for (RFC 6672)."""

from microdns_dns.rdata.fields import Name, Single

TYPE = Single("DNAME", 39, Name("target"), example="target.example.com.")
