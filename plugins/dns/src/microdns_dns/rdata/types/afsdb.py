"""AFSDB: the server of an AFS cell (RFC 1183 section 1)."""

from microdns_dns.rdata.fields import Fields, Integer, Name

TYPE = Fields("AFSDB", 18, Integer("subtype", 2), Name("hostname"), example="1 afs.example.com.")
