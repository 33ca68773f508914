"""The guarded engine on mutated messages, from various clients at various times.

The first four octets choose client and time.  It says what the Python path says, or leaves it.
"""

import ipaddress
from random import Random

from plugins.dns.tests.engine.generated import random_message, random_records, random_zones
from plugins.dns.tests.engine.pair import Guarding, Pair

from microdns_dns import names
from microdns_dns.message import Transport
from microdns_dns.protection.config import CookieConfig, RateLimitConfig
from microdns_dns.protection.cookies import Cookies
from microdns_dns.protection.prefixes import octets_of

HOSTS = ("192.0.2.1", "192.0.2.200", "198.51.100.1", "203.0.113.7", "2001:db8::1", "2001:db9::1")
_START = 1_767_225_600
_COOKIES = CookieConfig(secret="00112233445566778899aabbccddeeff", require=True)


class SetClock:
    """Shows what it is set to."""

    seconds = 0

    def time_ns(self) -> int:
        return (_START + self.seconds) * 1_000_000_000

    def monotonic(self) -> float:
        return 1000.0 + self.seconds

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing sleeps here")


_CLOCK = SetClock()
_RANDOM = Random(17)
_ZONES = random_zones(_RANDOM, 3)
_ORIGINS = [names.from_text(zone.name) for zone in _ZONES]
_RECORDS = [
    change for origin in _ORIGINS for change in random_records(_RANDOM, origin, _ORIGINS, 30)
]
_OWNERS = [change.owner for change in _RECORDS] + _ORIGINS
_PAIR = Pair(
    _ZONES,
    _RECORDS,
    Guarding(
        _CLOCK,
        {
            "deny": (ipaddress.ip_network("203.0.113.0/24"),),
            "allow": (ipaddress.ip_network("192.0.0.0/8"), ipaddress.ip_network("2001:db8::/32")),
            "cookies": _COOKIES,
            "rate_limit": RateLimitConfig(responses_per_second=2, errors_per_second=5, slip=3),
        },
    ),
)


def _with_cookie(message: bytes, host: str) -> bytes:
    """The message with a cookie that is valid for this client."""
    cookie = Cookies(_COOKIES).make(b"8 octets", octets_of(host), _START)
    opt = b"\0\0\x29\x04\xd0\0\0\0\0\0\x1c\0\x0a\0\x18" + cookie
    return message[:10] + b"\0\1" + message[12:] + opt


SEEDS = [
    bytes((_RANDOM.randrange(6), 0, _RANDOM.randrange(3), _RANDOM.randrange(256)))
    + random_message(_RANDOM, _OWNERS, _ORIGINS)
    for _ in range(200)
] + [
    bytes((number, 0, 0, number))
    + _with_cookie(b"\0\1\1\0\0\1\0\0\0\0\0\0" + _OWNERS[number] + b"\0\1\0\1", host)
    for number, host in enumerate(HOSTS)
]


def one(data: bytes) -> None:
    """Both transports, compared by octet."""
    head = data[:4].ljust(4, b"\0")
    host = HOSTS[head[0] % len(HOSTS)]
    _CLOCK.seconds = max(_CLOCK.seconds, int.from_bytes(head[1:], "big") % 4096)
    transport = Transport.TCP if head[1] & 1 else Transport.UDP
    expected, got = _PAIR.answers(data[4:], transport, host)
    if got != expected:
        raise AssertionError(f"from {host} over {transport}: {got!r} and not {expected!r}")
