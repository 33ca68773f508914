"""TXT: strings (RFC 1035 3.3.14)."""

from microdns_dns.rdata.strings import Strings

TYPE = Strings("TXT", 16, example='"v=spf1 include:example.com ~all"')
