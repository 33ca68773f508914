"""Named keys, stored hashed.

A key's secret is 32 random bytes, so one SHA-256 is enough: there is no dictionary to try.  The
secret is shown once, as ``mdk_<id>_<secret>``; the id finds the key, and is not secret.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping

import msgspec

from microdns.events import Event
from microdns.store import Collection, Index

PREFIX = "mdk"


class Key(msgspec.Struct, frozen=True):
    """A key; ``digest`` is the SHA-256 of its secret, ``expires_ns`` Unix time (0: never)."""

    name: str
    id: str
    digest: bytes
    scopes: tuple[str, ...]
    limits: Mapping[str, tuple[str, ...]] = {}
    created_ns: int = 0
    expires_ns: int = 0

    def fits(self, secret: str) -> bool:
        """Whether the secret is this key's; takes the same time for any wrong one."""
        return hmac.compare_digest(self.digest, digest_of(secret))


class KeyCreated(Event, frozen=True, kw_only=True, tag="key.created"):
    """A key was made; what would help to forge it is left out."""

    name: str
    scopes: tuple[str, ...]
    limits: Mapping[str, tuple[str, ...]] = {}
    expires_ns: int = 0

    def headline(self) -> str:
        return f"{self.name}: {', '.join(self.scopes)}"


class KeyDeleted(Event, frozen=True, kw_only=True, tag="key.deleted"):
    """A key is valid no more."""

    name: str

    def headline(self) -> str:
        return self.name


KEYS: Collection[Key] = Collection(
    "kernel.keys",
    Key,
    key=lambda key: key.name.encode(),
    indexes=(Index("id", lambda key: (key.id.encode(),), unique=True),),
)


def digest_of(secret: str) -> bytes:
    """SHA-256 of a secret."""
    return hashlib.sha256(secret.encode(errors="surrogateescape")).digest()


def new_secret() -> tuple[str, str]:
    """A fresh id and secret."""
    return secrets.token_hex(4), secrets.token_urlsafe(32)


def written(id: str, secret: str) -> str:
    """The form that is shown and presented."""
    return f"{PREFIX}_{id}_{secret}"


def parsed(presented: str) -> tuple[str, str] | None:
    """Id and secret of a presented key, or None when it is not of our form."""
    parts = presented.split("_", 2)
    if len(parts) != 3 or parts[0] != PREFIX:
        return None
    return parts[1], parts[2]
