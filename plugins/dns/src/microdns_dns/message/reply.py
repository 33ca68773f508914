"""What is answered: the decision of a stage, before it has a form on the wire."""

from microdns_dns.protocol import RRClass
from microdns_dns.rrset import RRset

Owned = tuple[bytes, RRset]
"""An RRset with its owner (wire bytes, in the case that the answer shall show)."""


class Reply:
    """An answer by sections.

    ``glue`` and ``additional`` both go into the additional section: without all of ``glue`` a
    referral is of no use, so that what does not fit sets TC (RFC 9471 3.1); ``additional`` is
    left out in silence (RFC 2181 section 9).  ``options`` is rdata for the OPT record;
    ``truncated`` says that TC is set whatever fits.  ``cache_seconds`` is how long the packet cache
    may give it to others who ask the same, TTLs permitting; None: not at all.
    """

    __slots__ = (
        "aa", "additional", "answer", "authority", "cache_seconds", "glue", "options", "ra",
        "rclass", "rcode", "truncated",
    )  # fmt: skip

    def __init__(self, rcode: int = 0, *, aa: bool = False) -> None:
        self.rcode = rcode
        self.aa = aa
        self.ra = False
        self.rclass: int = RRClass.IN
        self.answer: list[Owned] = []
        self.authority: list[Owned] = []
        self.glue: list[Owned] = []
        self.additional: list[Owned] = []
        self.options = b""
        self.truncated = False
        self.cache_seconds: int | None = None


class Kept(Reply):
    """An answer from the packet cache: its octets, without OPT, and of what kind it was."""

    __slots__ = ("kind", "octets")

    def __init__(self, rcode: int, kind: int, octets: bytes) -> None:
        super().__init__(rcode)
        self.kind = kind
        self.octets = octets
