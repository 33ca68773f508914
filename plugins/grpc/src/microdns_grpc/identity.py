"""Who calls: from the metadata of a call to a principal."""

from collections.abc import Iterable, Mapping
from typing import Any

from microdns.access import Authenticator
from microdns.access.idempotency import KEY
from microdns.errors import Invalid, Problem
from microdns.events import Principal
from microdns.operations import Call
from microdns.points import point_of

Metadata = Mapping[str, Any]
TRUTH = {"true": True, "false": False}


class Gate:
    """Lets callers in before anything else of their request is looked at."""

    def __init__(self, authenticator: Authenticator, api_key: str | None) -> None:
        self._authenticator = authenticator
        authenticator.configure(api_key)

    def identify(self, metadata: Metadata, address: str) -> Principal:
        """Who the caller is; raises ``Unauthenticated`` or ``Throttled``."""
        return self._authenticator.authenticate(
            presented(metadata), address=address, interface="grpc"
        )

    @staticmethod
    def stranger(address: str) -> Principal:
        """A caller that is let in without asking: it has no scope at all."""
        return Principal("anonymous", "grpc", address, ())


def presented(metadata: Metadata) -> str | None:
    """The key in ``x-api-key``, or in ``authorization: Bearer`` (RFC 6750 section 2.1)."""
    key = _only(metadata, "x-api-key")
    if key is not None:
        return key
    scheme, _, token = (_only(metadata, "authorization") or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def call_of(principal: Principal, metadata: Metadata) -> Call:
    """The common options, from metadata; raises ``Invalid``."""
    dry_run, version = _only(metadata, "dry-run"), _only(metadata, "if-match")
    as_of = _only(metadata, "as-of")
    key = _only(metadata, "idempotency-key")
    if key is not None and KEY.fullmatch(key) is None:
        raise Invalid.of(Problem("idempotency-key", "is 1 to 255 visible ASCII characters"))
    if dry_run is not None and dry_run not in TRUTH:
        raise Invalid.of(Problem("dry-run", "write true or false"))
    if version is not None:
        version = version.strip('"')
        if not (version.isascii() and version.isdigit() and len(version) < 19):
            raise Invalid.of(Problem("if-match", "is not a version"))
    return Call(
        principal,
        dry_run=TRUTH.get(dry_run or "", False),
        if_version=None if version is None else int(version),
        as_of=None if as_of is None else point_of(as_of),
        idempotency_key=key,
    )


def _only(metadata: Metadata, name: str) -> str | None:
    value = metadata.get(name)
    return value if isinstance(value, str) else None


def address_of(peer: Iterable[Any] | None) -> str:
    """The address at the other end, from what the socket says of it."""
    return str(next(iter(peer), "")) if peer else ""
