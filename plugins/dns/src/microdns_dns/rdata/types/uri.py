"""URI: where a service is found, as a URI (RFC 7553)."""

from microdns_dns.rdata.fields import Fields, Integer, StringRest


def _check_target(rdata: bytes) -> None:
    if len(rdata) < 5:
        raise ValueError("target is empty (RFC 7553 4.4)")


TYPE = Fields(
    "URI",
    256,
    Integer("priority", 2),
    Integer("weight", 2),
    StringRest("target"),
    example='10 1 "https://www.example.com/"',
    validate=_check_target,
)
