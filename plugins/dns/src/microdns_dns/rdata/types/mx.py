"""MX: a host that takes mail for the name (RFC 1035 3.3.9); ``.`` says none does (RFC 7505)."""

from microdns_dns.rdata.fields import Fields, Integer, Name

TYPE = Fields("MX", 15, Integer("preference", 2), Name("exchange"), example="10 mail.example.com.")
