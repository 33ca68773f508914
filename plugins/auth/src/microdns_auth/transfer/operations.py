"""``zone.transfer``: take a zone over from its primary."""

import ipaddress
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from microdns.access.limits import in_networks
from microdns.errors import Denied, Invalid, Problem
from microdns.operations import Call, Cli, Operation
from microdns_auth import samples
from microdns_auth.operations import ImportDone, done
from microdns_auth.transfer.incoming import Bounds, Primary, fetch_zone, secret_of
from microdns_dns import names
from microdns_dns.limits import sees_zone
from microdns_dns.operations import DnsOperations
from microdns_dns.operations.access import BY_ZONE, require
from microdns_dns.operations.forms import zone_name_of

DNS_PORT = 53


class Tsig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The key that query and answer are signed with (RFC 8945)."""

    name: Annotated[str, Meta(min_length=1, max_length=253, description="The key's name.")]
    secret: Annotated[str, Meta(max_length=1_000, description="Its secret, in Base64.")]
    algorithm: Literal["hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"] = (
        "hmac-sha256"
    )


class TransferIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which zone to take over, from where."""

    zone: Annotated[str, Meta(description="The zone's name.")]
    primary: Annotated[
        str, Meta(max_length=80, description="The primary's address, with a port if it is not 53.")
    ]
    tsig: Tsig | None = None


class _TransferArguments(msgspec.Struct, frozen=True):
    zone: Annotated[str, Meta(description="The zone's name.")]
    primary: Annotated[str, Meta(description="The primary's address, with a port if it is not 53.")]
    tsig: Annotated[
        str, Meta(description="NAME:SECRET or ALGORITHM:NAME:SECRET, the secret in Base64.")
    ] = ""


def _transfer_input(typed: _TransferArguments) -> TransferIn:
    if not typed.tsig:
        return TransferIn(typed.zone, typed.primary)
    parts = typed.tsig.split(":")
    if len(parts) not in (2, 3):
        raise Invalid.of(Problem("tsig", "write NAME:SECRET or ALGORITHM:NAME:SECRET"))
    given = {"name": parts[-2], "secret": parts[-1]}
    if len(parts) == 3:
        given["algorithm"] = parts[0]
    return TransferIn(typed.zone, typed.primary, msgspec.convert(given, Tsig))


class TransferOperations(DnsOperations):
    """Handler of ``zone.transfer``."""

    def __init__(self) -> None:
        super().__init__()
        self._bounds = Bounds(0, 0, 0)
        self._primaries: tuple[str, ...] = ()

    def bound(self, bounds: Bounds, primaries: tuple[str, ...]) -> None:
        """Keep to these from now on: sizes, and the networks that primaries may be in."""
        self._bounds = bounds
        self._primaries = primaries

    def declare(self) -> list[Operation[Any, Any]]:
        """The operation, for every interface."""
        return [
            Operation(
                name="zone.transfer",
                summary="Take a zone over from its primary, by AXFR.",
                description="All or nothing. A zone that is there is replaced as by an import: "
                "what is declared, learned or disabled stays. The server connects to the primary "
                "itself; `transfer_primaries` says which networks it may be in.",
                input=TransferIn,
                output=ImportDone,
                handler=self.transfer,
                scope="zones:write",
                http="POST /zones/transfer",
                sample=samples.ZONE_TRANSFER,
                honours=BY_ZONE,
                examples=(
                    "microdns zone transfer example.com 192.0.2.1",
                    "microdns zone transfer example.com 192.0.2.1:5300 --tsig mykey:c2VjcmV0",
                ),
                cli=Cli(input=_TransferArguments, convert=_transfer_input),
            )
        ]

    async def transfer(self, call: Call, wanted: TransferIn) -> ImportDone:
        name = zone_name_of(wanted.zone)
        require(sees_zone(call.principal, name), call.principal)
        primary = self._primary(wanted)

        def progress(count: int) -> None:
            call.progress(count, None, "records")

        content = await fetch_zone(name, primary, self._bounds, progress)
        outcome = await self.repository.replace_zone(
            call, content, source="transfer", origin=wanted.primary
        )
        return done(outcome, with_diff=call.dry_run)

    def _primary(self, wanted: TransferIn) -> Primary:
        """Where to connect; raises ``Invalid``, and ``Denied`` for where it may not."""
        host, port = _address(wanted.primary)
        if not in_networks(self._primaries, host):
            raise Denied(f"transfer_primaries does not name a network with {host}")
        if wanted.tsig is None:
            return Primary(host, port)
        try:
            names.from_text(wanted.tsig.name)
        except ValueError as error:
            raise Invalid.of(Problem("tsig.name", str(error))) from None
        secret = secret_of(wanted.tsig.secret)
        return Primary(host, port, wanted.tsig.name, wanted.tsig.algorithm, secret)


def _address(text: str) -> tuple[str, int]:
    """Address and port.  Names are not taken: they would lead wherever who answers them says."""
    try:
        return str(ipaddress.ip_address(text)), DNS_PORT
    except ValueError:
        pass
    host, colon, port = text.rpartition(":")
    try:
        found = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
        if colon and port.isascii() and port.isdigit() and 0 < int(port) < 65_536:
            return str(found), int(port)
    except ValueError:
        pass
    raise Invalid.of(Problem("primary", "is not an address, with or without a port"))
