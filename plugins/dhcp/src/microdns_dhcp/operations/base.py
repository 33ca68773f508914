"""Common ground of the operations: what they work on, and forms that they share."""

import uuid
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from microdns.bus import Bus
from microdns.errors import Unavailable
from microdns.store import Store
from microdns_dhcp.book import LeaseBook
from microdns_dhcp.catalogue import Catalogue
from microdns_dhcp.model import OptionValue

Limit = Annotated[int, Meta(ge=1, le=1000, description="At most so many items.")]
Offset = Annotated[int, Meta(ge=0, description="Leave out so many items at the beginning.")]
FamilyFilter = Annotated[Literal[0, 4, 6], Meta(description="4 or 6; 0 is both.")]
FamilyField = Annotated[Literal[4, 6], Meta(description="4 or 6.")]
Ip = Annotated[str, Meta(min_length=2, max_length=64, description="The address.")]
Id = Annotated[str, Meta(min_length=1, max_length=128, description="Its id.")]
Comment = Annotated[str, Meta(max_length=1000, description="A remark for people.")]


class Desk:
    """The book and catalogue of the running plugin; empty while it is not running."""

    def __init__(self) -> None:
        self._parts: tuple[LeaseBook, Catalogue, Store, Bus] | None = None

    def open(self, book: LeaseBook, catalogue: Catalogue, store: Store, bus: Bus) -> None:
        """Work on these from now on."""
        self._parts = (book, catalogue, store, bus)

    def close(self) -> None:
        """Have nothing to work on."""
        self._parts = None

    def _part(self) -> tuple[LeaseBook, Catalogue, Store, Bus]:
        if self._parts is None:
            raise Unavailable("leases are not open")
        return self._parts

    @property
    def book(self) -> LeaseBook:
        return self._part()[0]

    @property
    def catalogue(self) -> Catalogue:
        return self._part()[1]

    @property
    def store(self) -> Store:
        return self._part()[2]

    @property
    def bus(self) -> Bus:
        return self._part()[3]


class ToldFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What clients are told besides their address."""

    gateway: Annotated[str, Meta(description="Default router.")] = ""
    dns: Annotated[tuple[str, ...], Meta(description="DNS servers.")] = ()
    domain: Annotated[str, Meta(max_length=253, description="Domain of the clients.")] = ""
    search: Annotated[tuple[str, ...], Meta(description="Domains to search names in.")] = ()
    ntp: Annotated[tuple[str, ...], Meta(description="Time servers.")] = ()
    lease_time_secs: Annotated[
        Annotated[int, Meta(ge=1, le=0xFFFFFFFF)] | None,
        Meta(description="Lease time, in seconds."),
    ] = None
    next_server: Annotated[str, Meta(description="Server to boot from.")] = ""
    boot_file: Annotated[str, Meta(max_length=127, description="File to boot.")] = ""
    server_name: Annotated[str, Meta(max_length=63, description="Name of the boot server.")] = ""
    options: Annotated[tuple[OptionValue, ...], Meta(description="Other options.")] = ()
    comment: Comment = ""


def values_of(form: msgspec.Struct) -> dict[str, Any]:
    """The fields of a form: what the model's structs are made with."""
    return {name: getattr(form, name) for name in form.__struct_fields__}


def new_id() -> str:
    """An id for a thing that an operation makes."""
    return str(uuid.uuid4())
