"""Zones that the configuration declares, applied at every start: declared beats remembered.

Zone files are read when the configuration is checked, so that their mistakes are told with all
others before anything starts; what was read then is used by the start that follows.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from microdns.errors import Invalid, MicroDNSError, Problem
from microdns_auth.config import AuthConfig
from microdns_auth.zonefile import ZoneReader, ZoneText, read_zone
from microdns_auth.zonefile.files import load_zone_text
from microdns_dns.repository import DeclaredZone, ZoneContent, ZoneRepository

_Version = tuple[int, int, int]
"""What tells that a file is still the same: its inode, size and time of change."""


class Declaration:
    """What ``[dns.auth]`` says of zones, and the zone files that were read for it."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, Path], tuple[_Version | None, ZoneContent]] = {}

    def check(self, config: AuthConfig) -> Iterator[Problem]:
        """Read the zone files; every mistake in them, its path relative to the section."""
        for zone, path in config.zone_files.items():
            try:
                self._keep(zone, path)
            except Invalid as error:
                for problem in error.problems or (Problem("", str(error)),):
                    yield Problem(f'zone_files."{zone}"', str(problem))
            except MicroDNSError as error:
                yield Problem(f'zone_files."{zone}"', str(error))

    async def apply(self, config: AuthConfig, repository: ZoneRepository) -> None:
        """Bring the store in line with the section, with the fewest changes.

        Raises the errors of ``microdns.errors``.
        """
        declared = {zone.lower(): DeclaredZone(zone) for zone in config.zones}
        for zone, path in config.zone_files.items():
            content = await self._content(zone, path)
            declared[zone.lower()] = DeclaredZone(
                zone, content.soa, content.default_ttl, content.drafts
            )
        await repository.declare(declared.values())

    def _keep(self, zone: str, path: Path) -> None:
        reader = ZoneReader(_text(path, zone))
        for _ in reader.steps():
            continue
        self._read[zone, path] = _version(path), reader.content()

    async def _content(self, zone: str, path: Path) -> ZoneContent:
        """The zone as it was read for the check, if the file is the same; read now otherwise.

        Included files are not looked at: whoever changes one within this second starts again.
        """
        version, content = self._read.pop((zone, path), (None, None))
        if content is not None and version == _version(path):
            return content
        return await read_zone(_text(path, zone))


def _text(path: Path, zone: str) -> ZoneText:
    """The file with its includes; a pipe or a device would hold up the start, or never end."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise Invalid(f"{path}: not a file")
    return load_zone_text(path, zone)


def _version(path: Path) -> _Version | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
