"""Who may do what: named keys, their scopes and limits."""

from microdns.access.attempts import AttemptLimiter
from microdns.access.authenticator import Authenticator, Credential
from microdns.access.idempotency import Idempotency
from microdns.access.keys import KEYS, Key, KeyCreated, KeyDeleted
from microdns.access.limits import allows
from microdns.access.rates import ClientRates

__all__ = [
    "KEYS",
    "AttemptLimiter",
    "Authenticator",
    "ClientRates",
    "Credential",
    "Idempotency",
    "Key",
    "KeyCreated",
    "KeyDeleted",
    "allows",
]
