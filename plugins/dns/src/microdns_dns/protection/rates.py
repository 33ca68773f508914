"""Response rate limiting: how many responses of a kind clients of one prefix get over UDP.

Whoever asks in another's name wants that one to get the answers; what it can be made to get is
bounded here.  Each prefix has an account for each kind of response.  A second brings it as many
responses as its rate says, a response takes one.  An account never holds more than a second's, and
may owe what a window's would bring.
"""

import enum
from collections import OrderedDict
from typing import Final, Protocol

from microdns_dns.message import Kept, Reply
from microdns_dns.protection.config import RateLimitConfig
from microdns_dns.protocol import Rcode

_MAPPED: Final = bytes(10) + b"\xff\xff"


class ResponseClass(enum.IntEnum):
    """Kinds of responses."""

    POSITIVE = 0
    NODATA = 1
    NXDOMAIN = 2
    REFERRAL = 3
    ERROR = 4
    ALL = 5
    """All of them together."""


class Action(enum.IntEnum):
    """What becomes of a response."""

    SEND = 0
    DROP = 1
    SLIP = 2
    """Sent without records, truncated; an error is sent as it is, having none."""


CLASSES: Final = tuple(each.name.lower() for each in ResponseClass)
ACTIONS: Final = ("dropped", "slipped", "logged")


def class_of(reply: Reply) -> ResponseClass:
    """The kind of a response, told from what it says."""
    if isinstance(reply, Kept):
        return ResponseClass(reply.kind)
    if reply.rcode == Rcode.NXDOMAIN:
        return ResponseClass.NXDOMAIN
    if reply.rcode != Rcode.NOERROR:
        return ResponseClass.ERROR
    if reply.answer:
        return ResponseClass.POSITIVE
    return ResponseClass.REFERRAL if reply.authority and not reply.aa else ResponseClass.NODATA


class Rates(Protocol):
    """Accounts, in Python or in the engine's memory."""

    def judge(self, address: bytes, kind: int, now: int) -> tuple[int, int]:
        """What becomes of a response (``Action``), and the class whose rate decided that.

        ``address`` is that of ``octets_of``; ``now`` counts seconds and never goes back.
        """
        ...


class RateLimiter:
    """Accounts in Python."""

    def __init__(self, config: RateLimitConfig) -> None:
        self._rates = config.rates()
        self._window = config.window_secs
        self._slip = config.slip
        self._bits = {4: config.ipv4_prefix, 16: config.ipv6_prefix}
        self._size = config.table_size
        self._accounts: OrderedDict[tuple[bytes, int], tuple[int, int, int]] = OrderedDict()
        """Balance, second, and how many were limited on end, by prefix and kind."""

    def judge(self, address: bytes, kind: int, now: int) -> tuple[int, int]:
        """See ``Rates``.  Both accounts are charged, that of the kind decides first."""
        prefix = self._prefix(address)
        own = self._charge(prefix, kind, now)
        every = self._charge(prefix, ResponseClass.ALL, now)
        return (own, kind) if own else (every, int(ResponseClass.ALL))

    def __len__(self) -> int:
        return len(self._accounts)

    def _charge(self, prefix: bytes, kind: int, now: int) -> Action:
        rate = self._rates[kind]
        if not rate:
            return Action.SEND
        key = (prefix, kind)
        balance, second, limited = self._accounts.pop(key, (rate, now, 0))
        now = max(now, second)
        earned = min(now - second, self._window + 1) * rate
        balance = max(min(balance + earned, rate) - 1, -self._window * rate)
        limited = limited + 1 if balance < 0 else 0
        self._accounts[key] = balance, now, limited
        if len(self._accounts) > self._size:
            self._accounts.popitem(last=False)
        return self._act(limited)

    def _act(self, limited: int) -> Action:
        if not limited:
            return Action.SEND
        return Action.SLIP if self._slip and limited % self._slip == 0 else Action.DROP

    def _prefix(self, address: bytes) -> bytes:
        """The bits that a prefix has; how many octets there are tells IPv4 from IPv6."""
        host = address[12:] if address.startswith(_MAPPED) else address
        bits = self._bits[len(host)]
        number = int.from_bytes(host, "big") >> (8 * len(host) - bits)
        return number.to_bytes(len(host), "big")
