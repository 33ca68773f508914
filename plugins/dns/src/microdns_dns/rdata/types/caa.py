"""CAA: who may issue certificates for the name (RFC 8659)."""

from microdns_dns.rdata.fields import Fields, Integer, String, StringRest


class Tag(String):
    """The property's name: letters and digits (RFC 8659 4.1), written without quotes."""

    def to_text(self, piece: bytes) -> str:
        return piece[1:].decode("ascii")


def _check_tag(rdata: bytes) -> None:
    tag = rdata[2 : 2 + rdata[1]]
    if not tag.isalnum():  # of bytes: ASCII letters and digits, at least one
        raise ValueError("tag must be letters and digits")


TYPE = Fields(
    "CAA",
    257,
    Integer("flags", 1, default=0),
    Tag("tag"),
    StringRest("value"),
    example='0 issue "letsencrypt.org"',
    validate=_check_tag,
)
