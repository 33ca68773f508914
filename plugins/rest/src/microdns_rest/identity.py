"""Who calls: from the headers of a request to a principal."""

import base64
from collections.abc import Iterable
from typing import Any

from microdns.access import Authenticator
from microdns.events import Principal
from microdns_rest.sessions import Sessions, check_csrf, token_of

Headers = Iterable[tuple[bytes, bytes]]


class Gate:
    """Lets clients in before anything else of their request is looked at."""

    def __init__(
        self, authenticator: Authenticator, api_key: str | None, sessions: Sessions
    ) -> None:
        self._authenticator = authenticator
        authenticator.configure(api_key)
        self._sessions = sessions

    @property
    def is_open(self) -> bool:
        """Whether no key is needed."""
        return self._authenticator.is_open()

    def identify(self, scope: Any, *, basic: bool = False) -> Principal:
        """Who the client is; raises ``Unauthenticated`` or ``Throttled``.

        With ``basic``, the key may also be the password of Basic authentication: for pages,
        since a browser can ask for that.  Without a key, a session will do.
        """
        key = presented(scope["headers"], basic=basic)
        token = token_of(scope) if key is None else None
        if token is not None and not self.is_open:
            principal = self._sessions.recall(token, client_of(scope))
            check_csrf(scope, token)
            return principal
        return self._authenticator.authenticate(
            key,
            address=client_of(scope),
            interface="rest",
        )

    def stranger(self, scope: Any) -> Principal:
        """A client that is let in without asking: it has no scope at all."""
        return Principal("anonymous", "rest", client_of(scope), ())


def presented(headers: Headers, *, basic: bool = False) -> str | None:
    """The key in ``X-API-Key``, or in ``Authorization: Bearer`` (RFC 6750 section 2.1)."""
    found = None
    for name, value in headers:
        if name == b"x-api-key":
            return value.decode("latin-1")
        if name == b"authorization":
            scheme, _, token = value.decode("latin-1").partition(" ")
            if scheme.lower() == "bearer":
                found = token.strip()
            elif basic and scheme.lower() == "basic":
                found = _password(token.strip())
    return found


def _password(token: str) -> str | None:
    """The password of Basic authentication (RFC 7617 section 2)."""
    try:
        return base64.b64decode(token, validate=True).decode().partition(":")[2]
    except ValueError:
        return None


def client_of(scope: Any) -> str:
    """The address at the other end; no header can change it."""
    client = scope.get("client")
    return str(client[0]) if client else ""
