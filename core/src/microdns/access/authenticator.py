"""From a presented key to a principal."""

import hmac
from collections.abc import Callable
from typing import NamedTuple

from microdns.access.attempts import AttemptLimiter
from microdns.access.keys import KEYS, Key, digest_of, parsed
from microdns.access.limits import ADDRESS, in_networks
from microdns.clock import Clock
from microdns.errors import Unauthenticated
from microdns.events import Principal
from microdns.store import Store

KEY_BYTES_MAX = 512

_NOBODY = Key("", "", digest_of(""), ())
"""What an unknown id is compared with, so that it takes as long as a known one."""


class Credential(NamedTuple):
    """A key without its secret: its name (empty for an interface's own), and its digest."""

    name: str
    digest: bytes


class Authenticator:
    """Decides who a client of a network interface is.

    While neither a configured key nor a stored one exists, everybody may do everything; from the
    first key on, every request needs one, whichever interface it was configured for.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._configured: set[bytes] = set()
        self.attempts = AttemptLimiter(clock)

    def configure(self, api_key: str | None) -> None:
        """Take the ``api_key`` of an interface; it counts on all of them until the process ends.

        It outlives its interface on purpose: a part that fails must not open the others.
        """
        if api_key:
            self._configured.add(digest_of(api_key))

    def is_open(self) -> bool:
        """Whether no key is needed."""
        return not self._configured and next(self._store.scan(KEYS, limit=1), None) is None

    def authenticate(self, presented: str | None, *, address: str, interface: str) -> Principal:
        """The client behind a presented key.

        Raises ``Unauthenticated``, with one text for every reason, or ``Throttled``.
        """
        if self.is_open():
            return Principal("anonymous", interface, address)
        self.attempts.check(address)
        principal = self._known(presented or "", address, interface)
        if principal is None:
            if presented:
                self.attempts.failed(address)
            raise Unauthenticated("a valid API key is needed")
        return principal

    def _known(self, presented: str, address: str, interface: str) -> Principal | None:
        if len(presented) > KEY_BYTES_MAX:
            return None
        if self._own(presented) is not None:
            return Principal("api_key", interface, address)
        return self._principal(self._stored(presented), address, interface)

    def _own(self, presented: str) -> bytes | None:
        """The digest of a configured key, if this is one."""
        shown = digest_of(presented)
        return shown if any(hmac.compare_digest(each, shown) for each in self._configured) else None

    def credential(self, presented: str) -> Credential | None:
        """What stands for a presented key when its client is recalled; None for an unknown one."""
        if (digest := self._own(presented)) is not None:
            return Credential("", digest)
        key = self._stored(presented)
        return None if key is None else Credential(key.name, key.digest)

    def recall(
        self,
        name: str,
        proves: Callable[[bytes], bool],
        *,
        address: str,
        interface: str,
    ) -> Principal | None:
        """The client who was let in before with the credential ``name``; None when not any more.

        ``proves`` is asked whether the key's digest is still the one of then.
        """
        if not name:
            same = any(map(proves, self._configured))
            return Principal("api_key", interface, address) if same else None
        key = self._store.get(KEYS, name.encode())
        if key is None or not proves(key.digest):
            return None
        return self._principal(key, address, interface)

    def _principal(self, key: Key | None, address: str, interface: str) -> Principal | None:
        if key is None or not self._valid(key, address):
            return None
        limits = {name: each for name, each in key.limits.items() if name != ADDRESS}
        networks = tuple(key.limits.get(ADDRESS, ()))
        return Principal(key.name, interface, address, key.scopes, limits, networks, key.expires_ns)

    def _stored(self, presented: str) -> Key | None:
        id, secret = parsed(presented) or ("", presented)
        found = next(self._store.find(KEYS, "id", id.encode(errors="surrogateescape")), _NOBODY)
        return found if found.fits(secret) and found.id else None

    def _valid(self, key: Key, address: str) -> bool:
        if key.expires_ns and self._clock.time_ns() >= key.expires_ns:
            return False
        networks = key.limits.get(ADDRESS)
        return networks is None or in_networks(networks, address)
