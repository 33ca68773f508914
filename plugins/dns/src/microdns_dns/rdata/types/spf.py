"""SPF: what TXT is used for instead (RFC 7208 3.1)."""

from microdns_dns.rdata.strings import Strings

TYPE = Strings("SPF", 99, example='"v=spf1 -all"')
