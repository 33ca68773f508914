"""Zone files as operations: ``zone.import`` and ``zone.export``."""

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import anyio.lowlevel
import msgspec
from msgspec import Meta

from microdns.errors import Invalid, Problem
from microdns.operations import Call, Cli, Operation
from microdns_auth import samples
from microdns_auth.zonefile import ZoneText, load_zone_text, read_zone, write_zone
from microdns_dns import names
from microdns_dns.limits import sees_zone
from microdns_dns.model import RECORDS, Record, id_key
from microdns_dns.operations import DnsOperations
from microdns_dns.operations.access import BY_ZONE, require, visible_zone_then
from microdns_dns.operations.forms import ZoneRef
from microdns_dns.rdata import rdata_to_text, type_name
from microdns_dns.repository import Outcome

DIFF_LINES_MAX = 1_000


class ZoneImport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A zone file as text."""

    text: Annotated[str, Meta(description="The zone file.")]
    file: Annotated[
        str,
        Meta(max_length=4096, description="Its name, for messages; NAME.zone also names the zone."),
    ] = "zone file"
    includes: Annotated[
        dict[str, str], Meta(description="Texts of included files, by the path that names them.")
    ] = {}
    zone: Annotated[str, Meta(description="The zone's name, where the file does not give it.")] = ""


class ImportDone(msgspec.Struct, frozen=True):
    """What an import changed; on a dry run ``diff`` has zone-file lines behind - and +."""

    zone: str
    id: str
    created: bool
    serial: int
    version: int
    added: int
    changed: int
    removed: int
    kept: int
    warnings: list[str]
    diff: list[str]


class ZoneExport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One zone."""

    id: ZoneRef


class ZoneFile(msgspec.Struct, frozen=True):
    """A zone as a zone file."""

    name: str
    text: str


class _ImportArguments(msgspec.Struct, frozen=True):
    file: Annotated[str, Meta(description="The zone file; - is the standard input.")]
    zone: Annotated[str, Meta(description="The zone's name, where the file does not give it.")] = ""


class _ExportArguments(msgspec.Struct, frozen=True):
    zone: ZoneRef
    file: Annotated[str, Meta(description="Where to write it.")] = ""


def _load(typed: _ImportArguments) -> ZoneImport:
    """Read the file and what it includes, with the rights of who typed the command."""
    if typed.file == "-":
        source = ZoneText(_standard_input(), "standard input", zone=typed.zone)
    else:
        source = load_zone_text(typed.file, typed.zone)
    return ZoneImport(source.text, source.file, dict(source.includes), source.zone)


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode()
    except UnicodeDecodeError:
        problem = "not UTF-8: write other octets as \\DDD"
        raise Invalid.of(Problem("standard input", problem)) from None


def _export(typed: _ExportArguments) -> ZoneExport:
    return ZoneExport(typed.zone)


def _exported(value: Mapping[str, Any]) -> str:
    return str(value["text"]).rstrip("\n")


def _imported(value: Mapping[str, Any]) -> str:
    """What an import did, in a few lines."""
    verb = "created" if value["created"] else "imported"
    return _summed_up(value, f"{value['zone']} {verb}")


def _would_import(value: Mapping[str, Any]) -> str:
    """What an import would do."""
    verb = "create" if value["created"] else "import"
    return _summed_up(value, f"would {verb} {value['zone']}")


def _summed_up(value: Mapping[str, Any], done: str) -> str:
    lines = [*value["diff"], *(f"note: {warning}" for warning in value["warnings"])]
    counts = ", ".join(f"{value[what]} {what}" for what in ("added", "changed", "removed", "kept"))
    return "\n".join([*lines, f"{done}: {counts}; serial {value['serial']}"])


class ZoneFileOperations(DnsOperations):
    """Handlers of ``zone.import`` and ``zone.export``."""

    def declare(self) -> list[Operation[Any, Any]]:
        """The operations, for every interface."""
        return [self._import(), self._export()]

    def _import(self) -> Operation[ZoneImport, ImportDone]:
        return Operation(
            name="zone.import",
            summary="Make a zone what a zone file says.",
            description="The zone is created, or changed with the fewest changes; all of the file "
            "is taken, or nothing. Records that the configuration declares, that DHCP and other "
            "machines registered, or that are disabled, stay. The command reads $INCLUDE from the "
            "file's own folder only. A zone without a name in its file is called as the file "
            "without .zone, or as --zone says.",
            input=ZoneImport,
            output=ImportDone,
            handler=self.import_zone,
            scope="zones:write",
            http="POST /zones/import",
            sample=samples.ZONE_IMPORT,
            grpc="ZoneService/ImportZone",
            offline=True,
            honours=BY_ZONE,
            examples=(
                "microdns zone import example.com.zone",
                "microdns zone import db.example --zone example.com --dry-run",
            ),
            cli=Cli(
                input=_ImportArguments,
                convert=_load,
                render=_imported,
                rehearsed=_would_import,
            ),
        )

    def _export(self) -> Operation[ZoneExport, ZoneFile]:
        return Operation(
            name="zone.export",
            summary="Show a zone as a zone file.",
            description="Owners come in canonical order, each record with its TTL: exports of "
            "equal zones are equal. Disabled records are left out.",
            input=ZoneExport,
            output=ZoneFile,
            handler=self.export_zone,
            scope="zones:read",
            http="GET /zones/{id}/export",
            sample=samples.ZONE_EXPORT,
            grpc="ZoneService/ExportZone",
            offline=True,
            remembers=True,
            honours=BY_ZONE,
            examples=(
                "microdns zone export example.com",
                "microdns zone export example.com example.com.zone",
            ),
            cli=Cli(
                input=_ExportArguments,
                convert=_export,
                arguments=("file",),
                file="file",
                render=_exported,
            ),
        )

    async def import_zone(self, call: Call, given: ZoneImport) -> ImportDone:
        source = ZoneText(given.text, given.file, given.includes, _checked_name(given.zone))
        content = await read_zone(
            source,
            records_max=self.repository.limits.records_per_zone_max,
            progress=call.progress,
        )
        require(sees_zone(call.principal, content.name), call.principal)
        outcome = await self.repository.replace_zone(call, content)
        return done(outcome, with_diff=call.dry_run)

    async def export_zone(self, call: Call, wanted: ZoneExport) -> ZoneFile:
        async with self.repository.store.snapshot(call.as_of) as snapshot:
            zone = await visible_zone_then(call.principal, snapshot, wanted.id)
            pieces: list[str] = []
            for piece in write_zone(zone, snapshot.scan(RECORDS, id_key(zone.id))):
                pieces.append(piece)
                await anyio.lowlevel.checkpoint()
        return ZoneFile(zone.name, "".join(pieces))


def _checked_name(zone: str) -> str:
    """The name given for a zone, or an empty text; raises ``Invalid``."""
    try:
        return names.to_text(names.from_text(zone)) if zone else ""
    except ValueError as error:
        raise Invalid.of(Problem("zone", str(error))) from None


def done(outcome: Outcome, *, with_diff: bool) -> ImportDone:
    """What an import or a transfer came to."""
    removed = sum(one.after is None for one in outcome.changes)
    added = sum(one.before is None for one in outcome.changes)
    return ImportDone(
        zone=outcome.zone.name,
        id=outcome.zone.id,
        created=outcome.created,
        serial=outcome.zone.soa.serial,
        version=outcome.version,
        added=added + outcome.added_more,
        changed=len(outcome.changes) - added - removed,
        removed=removed,
        kept=outcome.kept,
        warnings=list(outcome.warnings),
        diff=_diff(outcome) if with_diff else [],
    )


def _diff(outcome: Outcome) -> list[str]:
    """The changes, in the order of names, as lines of a zone file behind - and +."""
    lines: list[tuple[str, int, int, str]] = []
    for change in outcome.changes[:DIFF_LINES_MAX]:
        for order, record in enumerate((change.before, change.after)):
            if record is not None:
                line = f"{'-+'[order]} {_line(record)}"
                lines.append((record.name.lower(), record.type, order, line))
    shown = [line for *_, line in sorted(lines)]
    left = len(outcome.changes) + outcome.added_more - DIFF_LINES_MAX
    return [*shown, f"(and {left} more changes)"] if left > 0 else shown


def _line(record: Record) -> str:
    data = rdata_to_text(record.type, record.rdata)
    return f"{record.name} {record.ttl} IN {type_name(record.type)} {data}"
