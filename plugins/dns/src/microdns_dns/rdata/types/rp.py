"""RP: the person responsible, as a mailbox name, and where to read more (RFC 1183 2.2)."""

from microdns_dns.rdata.fields import Fields, Name

TYPE = Fields("RP", 17, Name("mbox"), Name("txt"), example="admin.example.com. info.example.com.")
