"""The parts ``rate_limit`` and ``cookies`` of the section ``[dns]``."""

import re
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from microdns.config import IPNetwork, Secret

RATE_MAX: Final = 30_000
WINDOW_MAX: Final = 15

Rate = Annotated[int, Meta(ge=0, le=RATE_MAX)]
_SECRET: Final = re.compile(r"[0-9a-fA-F]{32}")


class RateLimitConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many responses of a kind clients of one prefix get over UDP (RRL)."""

    responses_per_second: Annotated[
        Rate,
        Meta(description="Answers with records that a prefix gets each second; 0: no limit."),
    ] = 0
    nodata_per_second: Annotated[
        Rate | None,
        Meta(description="Answers that a type does not exist; left out: as answers; 0: no limit."),
    ] = None
    nxdomains_per_second: Annotated[
        Rate | None,
        Meta(description="Answers that a name does not exist; left out: as answers."),
    ] = None
    referrals_per_second: Annotated[
        Rate | None, Meta(description="Referrals; left out: as answers.")
    ] = None
    errors_per_second: Annotated[
        Rate | None, Meta(description="REFUSED, FORMERR, SERVFAIL; left out: as answers.")
    ] = None
    all_per_second: Annotated[
        Rate, Meta(description="Responses of whatever kind that a prefix gets; 0: no limit.")
    ] = 0
    window_secs: Annotated[
        int,
        Meta(
            ge=1,
            le=WINDOW_MAX,
            description="Who asks too much is limited until it has kept to its rate for so long, "
            "at most.",
        ),
    ] = 15
    slip: Annotated[
        int,
        Meta(
            ge=0,
            le=10,
            description="Of the responses that are too many, every so-manyth is sent without "
            "records and truncated, so that a real client asks over TCP; 0: none, 1: all.",
        ),
    ] = 2
    ipv4_prefix: Annotated[
        int, Meta(ge=1, le=32, description="Bits of an IPv4 address that make a prefix.")
    ] = 24
    ipv6_prefix: Annotated[
        int, Meta(ge=1, le=64, description="Bits of an IPv6 address that make a prefix.")
    ] = 56
    exempt: Annotated[
        tuple[IPNetwork, ...], Meta(description="Networks that are never limited.")
    ] = ()
    log_only: Annotated[
        bool, Meta(description="Count and log what would be limited; limit not.")
    ] = False
    table_size: Annotated[
        int,
        Meta(
            ge=1_024,
            le=16_777_216,
            description="Prefixes and kinds that are kept account of at one time, 8 octets each; "
            "the one that was quiet for the longest makes room.",
        ),
    ] = 131_072

    def rates(self) -> tuple[int, int, int, int, int, int]:
        """Rates by ``ResponseClass``; 0 is none."""
        base = self.responses_per_second
        own = (
            self.nodata_per_second,
            self.nxdomains_per_second,
            self.referrals_per_second,
            self.errors_per_second,
        )
        nodata, nxdomains, referrals, errors = (base if each is None else each for each in own)
        return base, nodata, nxdomains, referrals, errors, self.all_per_second


class CookieConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """DNS cookies (RFC 7873, RFC 9018)."""

    enabled: Annotated[
        bool, Meta(description="Give cookies to clients that send theirs, and check them.")
    ] = True
    require: Annotated[
        bool,
        Meta(
            description="Over UDP, a client that sends its cookie without one of ours that is "
            "valid gets BADCOOKIE and a new one, and no answer."
        ),
    ] = False
    secret: Annotated[
        str | None,
        Secret(),
        Meta(
            description="32 hexadecimal digits, the same on all servers behind one address; left "
            "out: made anew at each start."
        ),
    ] = None
    previous_secret: Annotated[
        str | None,
        Secret(),
        Meta(description="The one before: cookies made with it are still valid (RFC 9018 5)."),
    ] = None

    def __post_init__(self) -> None:
        for key, secret in (("secret", self.secret), ("previous_secret", self.previous_secret)):
            if secret is not None and not _SECRET.fullmatch(secret):
                raise ValueError(f"{key} must be 32 hexadecimal digits")
        if self.previous_secret is not None and self.secret is None:
            raise ValueError("previous_secret needs a secret beside it")
