"""Zones that the configuration declares, applied at every start: declared beats remembered."""

from microdns_auth.config import AuthConfig
from microdns_dns.repository import DeclaredZone, ZoneRepository


async def declare_zones(config: AuthConfig, repository: ZoneRepository) -> None:
    """Bring the store in line with ``[dns.auth]``, with the fewest changes.

    Raises the errors of ``microdns.errors``.
    """
    await repository.declare([DeclaredZone(name) for name in config.zones])
