"""Sessions of browsers: a cookie in place of the key, for pages that are served from here.

The page hands over its key once, and forgets it.  The cookie's token is random; of it the store
keeps a hash, and of the key a proof that only the token can check, so that neither can be read from
a backup.  A session ends with its key, with its time, or when the page says so.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any

import msgspec

from microdns.access import Authenticator
from microdns.clock import Clock
from microdns.errors import Denied, Unauthenticated
from microdns.events import Principal
from microdns.store import Collection, Store

SESSIONS_MAX = 1_000
"""Sessions at once; one more ends the one that ends soonest."""
TOKEN_BYTES = 32
CSRF_HEADER = "X-CSRF-Token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110 section 9.2.1)."""


class Session(msgspec.Struct, frozen=True):
    """A session as it is kept; ``key`` names the key (empty: the interface's own)."""

    digest: bytes
    key: str
    proof: bytes
    expires_ns: int


SESSIONS: Collection[Session] = Collection(
    "rest.sessions", Session, key=lambda session: session.digest, journaled=False
)


@dataclass(frozen=True)
class Opened:
    """A session that has begun: the cookie's value, and what each write must show beside it."""

    token: str
    csrf: str
    seconds: int


class Sessions:
    """Opens, recalls and closes sessions."""

    def __init__(self, store: Store, clock: Clock, authenticator: Authenticator) -> None:
        self._store = store
        self._clock = clock
        self._authenticator = authenticator

    async def open(self, presented: str, seconds: int) -> Opened | None:
        """A session for a key that was let in just now; None where no key is needed."""
        credential = self._authenticator.credential(presented)
        if credential is None:
            return None
        token = secrets.token_urlsafe(TOKEN_BYTES)
        expires_ns = self._clock.time_ns() + seconds * 1_000_000_000
        proof = proof_of(token, credential.digest)
        async with self._store.transaction() as tx:
            self._make_room(tx)
            tx.put(SESSIONS, Session(digest_of(token), credential.name, proof, expires_ns))
        return Opened(token, csrf_of(token), seconds)

    async def close(self, token: str) -> None:
        """End a session; one that there is not is ended already."""
        digest = digest_of(token)
        if self._store.get(SESSIONS, digest) is not None:
            async with self._store.transaction() as tx:
                if tx.get(SESSIONS, digest) is not None:
                    tx.delete(SESSIONS, digest)

    def recall(self, token: str, address: str) -> Principal:
        """Whose session it is; raises ``Unauthenticated`` when it has ended."""
        session = self._store.get(SESSIONS, digest_of(token))
        if session is not None and session.expires_ns > self._clock.time_ns():
            proof = session.proof
            principal = self._authenticator.recall(
                session.key,
                lambda digest: hmac.compare_digest(proof_of(token, digest), proof),
                address=address,
                interface="dashboard",
            )
            if principal is not None:
                return principal
        raise Unauthenticated("the session has ended: log in again")

    def _make_room(self, tx: Any) -> None:
        """Forget what has ended, and what ends soonest when there are too many."""
        now = self._clock.time_ns()
        sessions = sorted(tx.scan(SESSIONS), key=lambda session: session.expires_ns)
        spare = len(sessions) - SESSIONS_MAX + 1
        for number, session in enumerate(sessions):
            if session.expires_ns <= now or number < spare:
                tx.delete(SESSIONS, session.digest)


def cookie_name(scope: Any) -> str:
    """The cookie's name; browsers share cookies between the ports of a host, so it has the port."""
    server = scope.get("server")
    return f"microdns_{server[1] if server else 0}"


def token_of(scope: Any) -> str | None:
    """The session's token in a request's cookies."""
    wanted = cookie_name(scope)
    for name, value in scope["headers"]:
        if name == b"cookie":
            try:
                found = SimpleCookie(value.decode("latin-1")).get(wanted)
            except CookieError:
                continue
            if found is not None:
                return found.value
    return None


def set_cookie(scope: Any, token: str, seconds: int) -> str:
    """``Set-Cookie`` that gives a token to the browser, or with 0 seconds takes it away.

    Scripts can't read it, pages of other sites don't send it, and over TLS it stays there.
    """
    secure = "; Secure" if scope["scheme"] == "https" else ""
    limits = f"Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
    return f"{cookie_name(scope)}={token}; {limits}"


def check_csrf(scope: Any, token: str) -> None:
    """Raise ``Denied`` for a write that only has the cookie, which a browser sends by itself."""
    if scope["type"] == "http" and scope["method"] in SAFE:
        return
    wanted = CSRF_HEADER.lower().encode()
    shown = next((value for name, value in scope["headers"] if name == wanted), b"")
    if scope["type"] == "http" and not hmac.compare_digest(shown, csrf_of(token).encode()):
        raise Denied(f"a write by a session needs its {CSRF_HEADER}")


def csrf_of(token: str) -> str:
    """What a page shows with its writes, to prove that it was told."""
    return hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest()


def proof_of(token: str, digest: bytes) -> bytes:
    """That a token was given for the key with this digest."""
    return hmac.new(token.encode(), digest, hashlib.sha256).digest()


def digest_of(token: str) -> bytes:
    """What the store knows a token by."""
    return hashlib.sha256(token.encode(errors="surrogateescape")).digest()
