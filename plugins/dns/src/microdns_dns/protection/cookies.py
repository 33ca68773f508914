"""DNS cookies: a client that sends back what we gave it is at the address that it claims.

A server cookie is not remembered but made again (RFC 9018 4): version, reserved octets, the time
in seconds, and a SipHash-2-4 of those, the client's cookie and its address.
"""

import enum
import secrets
from hmac import compare_digest
from typing import Final

from microdns_dns.protection.config import CookieConfig
from microdns_dns.protection.siphash import siphash24

CLIENT_OCTETS: Final = 8
SERVER_OCTETS: Final = 16
"""Of ours; those of other servers have 8 to 32 (RFC 7873 4)."""
HASH_OCTETS: Final = 8
SERVER_OCTETS_MIN: Final = 8
SERVER_OCTETS_MAX: Final = 32
LIFETIME_SECONDS: Final = 3600
RENEW_SECONDS: Final = 1800
AHEAD_SECONDS: Final = 300
"""RFC 9018 4.3: older ones are not valid, older than half are made anew, and clocks may differ."""
_VERSION: Final = b"\1\0\0\0"
_MAPPED: Final = bytes(10) + b"\xff\xff"


class CookieKind(enum.IntEnum):
    """What a query's COOKIE option is worth."""

    NONE = 0
    CLIENT = 1
    """Only the client's own: it has none of ours yet."""
    VALID = 2
    INVALID = 3
    """Not ours, or too old."""
    MALFORMED = 4
    """Of an impossible length: FORMERR (RFC 7873 5.2.2)."""


COOKIE_KINDS: Final = tuple(kind.name.lower() for kind in CookieKind if kind)


class Cookies:
    """Makes and checks cookies with a secret, and checks them with the one before."""

    def __init__(self, config: CookieConfig) -> None:
        self.secret = bytes.fromhex(config.secret) if config.secret else secrets.token_bytes(16)
        previous = config.previous_secret
        self.previous = bytes.fromhex(previous) if previous else self.secret
        self.require = config.require

    def judge(self, option: bytes, address: bytes, now: int) -> tuple[CookieKind, bytes]:
        """What an option is worth, and the data of the one to answer with.

        ``address`` is that of ``octets_of``; ``now`` is Unix time in seconds.
        """
        size = len(option) - CLIENT_OCTETS
        if size < 0 or (size and not SERVER_OCTETS_MIN <= size <= SERVER_OCTETS_MAX):
            return CookieKind.MALFORMED, b""
        client = option[:CLIENT_OCTETS]
        if not size:
            return CookieKind.CLIENT, self.make(client, address, now)
        if self._age(option, address, now) is None:
            return CookieKind.INVALID, self.make(client, address, now)
        age = _signed(now - int.from_bytes(option[12:16], "big"))
        fresh = option if age <= RENEW_SECONDS else self.make(client, address, now)
        return CookieKind.VALID, fresh

    def make(self, client: bytes, address: bytes, now: int) -> bytes:
        """The client's cookie with one of ours behind it."""
        return self._made(self.secret, client + _VERSION + _stamp(now), address)

    def _age(self, option: bytes, address: bytes, now: int) -> int | None:
        """Seconds since it was made; None if it is not ours or no longer valid."""
        if len(option) != CLIENT_OCTETS + SERVER_OCTETS or option[8] != 1:
            return None
        age = _signed(now - int.from_bytes(option[12:16], "big"))
        if not -AHEAD_SECONDS <= age <= LIFETIME_SECONDS:
            return None
        begun = option[:-HASH_OCTETS]
        by_this = compare_digest(option, self._made(self.secret, begun, address))
        by_previous = compare_digest(option, self._made(self.previous, begun, address))
        return age if by_this or by_previous else None

    @staticmethod
    def _made(secret: bytes, begun: bytes, address: bytes) -> bytes:
        host = address[12:] if address.startswith(_MAPPED) else address
        return begun + siphash24(secret, begun + host)


def _stamp(now: int) -> bytes:
    return (now & 0xFFFF_FFFF).to_bytes(4, "big")


def _signed(difference: int) -> int:
    """Times are serial numbers of 32 bits (RFC 9018 4.3, RFC 1982)."""
    difference &= 0xFFFF_FFFF
    return difference - (1 << 32) if difference >= 1 << 31 else difference
