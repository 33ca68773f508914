"""The DNS message: queries in, replies out, as octets (RFC 1035 section 4, RFC 6891)."""

from microdns_dns.message.encode import ReplyBuilder, encode, encode_kept
from microdns_dns.message.query import (
    MESSAGE_MAX,
    UDP_PAYLOAD_MIN,
    Address,
    Drop,
    Edns,
    Fault,
    Query,
    Transport,
    parse_query,
)
from microdns_dns.message.reader import Malformed, Reader
from microdns_dns.message.reply import Kept, Owned, Reply

__all__ = [
    "MESSAGE_MAX",
    "UDP_PAYLOAD_MIN",
    "Address",
    "Drop",
    "Edns",
    "Fault",
    "Kept",
    "Malformed",
    "Owned",
    "Query",
    "Reader",
    "Reply",
    "ReplyBuilder",
    "Transport",
    "encode",
    "encode_kept",
    "parse_query",
]
