"""Common ground of the plugin's operations."""

from typing import Any

from microdns.errors import Unavailable
from microdns.operations import Operation
from microdns_dns.repository import ZoneRepository


class DnsOperations:
    """Handlers that need the repository, which is there once the plugin is set up."""

    def __init__(self) -> None:
        self._repository: ZoneRepository | None = None

    def declare(self) -> list[Operation[Any, Any]]:
        """The operations, for every interface."""
        raise NotImplementedError

    def attach(self, repository: ZoneRepository | None) -> None:
        """Serve from this repository from now on."""
        self._repository = repository

    @property
    def repository(self) -> ZoneRepository:
        """The repository; raises Unavailable while there is none."""
        if self._repository is None:
            raise Unavailable("the zones are not open")
        return self._repository
