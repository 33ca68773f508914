"""Who is answered: what ``Responder`` asks before the plan and before an answer leaves."""

from typing import Final

from microdns.clock import Clock
from microdns_dns.message import Fault, Query, Reply, Transport
from microdns_dns.metrics import DnsMetrics
from microdns_dns.protection.config import CookieConfig, RateLimitConfig
from microdns_dns.protection.cookies import CookieKind, Cookies
from microdns_dns.protection.prefixes import Network, Prefixes, octets_of
from microdns_dns.protection.rates import Action, RateLimiter, Rates, class_of
from microdns_dns.protocol import EdnsOption, Opcode, Rcode

_LOGGED: Final = 2
"""The place of ``logged`` in ``ACTIONS``; an ``Action`` less one is that of the others."""
_COOKIE_OPTION: Final = EdnsOption.COOKIE.to_bytes(2, "big")


class Guard:
    """Lists of prefixes, cookies and rates, as configured; one for all listeners."""

    def __init__(
        self,
        clock: Clock,
        metrics: DnsMetrics,
        *,
        allow: tuple[Network, ...] = (),
        deny: tuple[Network, ...] = (),
        rate_limit: RateLimitConfig | None = None,
        cookies: CookieConfig | None = None,
    ) -> None:
        """Rates are kept in Python, until an engine gives ``rates`` of its own."""
        self.rate_limit = rate_limit or RateLimitConfig()
        self.cookies = Cookies(cookies) if cookies is not None and cookies.enabled else None
        self.allow, self.deny = Prefixes(allow), Prefixes(deny)
        self.exempt = Prefixes(self.rate_limit.exempt)
        self.limits = any(self.rate_limit.rates())
        self.rates: Rates = RateLimiter(self.rate_limit)
        self._clock = clock
        self._metrics = metrics

    def denies(self, host: str) -> bool:
        """Whether a client's messages are dropped; counted."""
        if not self.deny or octets_of(host) not in self.deny:
            return False
        self._metrics.dropped_denied.inc()
        return True

    def check(self, query: Query) -> None:
        """Set the query's error, if its client is not to get an answer, and its cookie."""
        bare = _has_no_question(query)
        if (query.error is None or bare) and self.cookies is not None and query.edns is not None:
            option = query.edns.option(EdnsOption.COOKIE)
            if option is not None:
                if bare:  # a cookie is all that it asks for: no plan is run, and there is no fault
                    query.error, query.fault = Rcode.NOERROR, None
                self._check_cookie(self.cookies, query, option)
        if query.error in (None, Rcode.NOERROR, Rcode.BADCOOKIE):
            self._check_client(query)
        if query.fault is not None:
            self._metrics.malformed[query.fault].inc()

    def limit(self, query: Query, reply: Reply) -> Reply | None:
        """What is sent in place of a reply: itself, a truncated one, or nothing; counted."""
        if not self.limits or query.proven:
            return reply
        address = octets_of(query.client[0])
        if address in self.exempt:
            return reply
        kind = class_of(reply)
        action, by = self.rates.judge(address, kind, int(self._clock.monotonic()))
        if action == Action.SEND:
            return reply
        log_only = self.rate_limit.log_only
        self._metrics.rate_limited[by][_LOGGED if log_only else action - 1].inc()
        if log_only:
            return reply
        return None if action == Action.DROP else slipped(reply)

    def _check_cookie(self, cookies: Cookies, query: Query, option: bytes) -> None:
        now = self._clock.time_ns() // 1_000_000_000
        kind, data = cookies.judge(option, octets_of(query.client[0]), now)
        self._metrics.cookies[kind - 1].inc()
        if kind is CookieKind.MALFORMED:
            query.error, query.fault = Rcode.FORMERR, Fault.COOKIE
            return
        query.cookie = _COOKIE_OPTION + len(data).to_bytes(2, "big") + data
        if kind is CookieKind.VALID:
            query.proven = True
        elif (cookies.require and query.transport is Transport.UDP) or (
            query.error == Rcode.NOERROR and kind is CookieKind.INVALID
        ):
            query.error = Rcode.BADCOOKIE

    def _check_client(self, query: Query) -> None:
        if self.allow and octets_of(query.client[0]) not in self.allow:
            query.error = Rcode.REFUSED
            self._metrics.not_allowed.inc()


def _has_no_question(query: Query) -> bool:
    """QDCOUNT 0 and nothing else amiss: with a cookie, it may ask for one (RFC 7873 5.4)."""
    edns = query.edns
    return (
        query.fault is Fault.QUESTION
        and query.opcode == Opcode.QUERY
        and not query.question
        and edns is not None
        and edns.version == 0
    )


def slipped(reply: Reply) -> Reply:
    """A reply that makes a real client ask again over TCP; an error is one of itself."""
    if reply.rcode not in (Rcode.NOERROR, Rcode.NXDOMAIN):
        return reply
    short = Reply()
    short.rclass = reply.rclass
    short.truncated = True
    return short
