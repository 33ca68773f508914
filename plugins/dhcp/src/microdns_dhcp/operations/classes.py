"""``client_class.*`` and ``dhcp_options.*``: kinds of clients, and what all of them are told."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from microdns.errors import Conflict, NotFound
from microdns.operations import Call, Cli, Column, Nothing, Operation
from microdns_dhcp.model import ClientClass, GlobalOptions
from microdns_dhcp.operations import samples
from microdns_dhcp.operations.base import (
    Desk,
    FamilyField,
    FamilyFilter,
    ToldFields,
    values_of,
)

Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,64}$", description="Its name.")]


class ClassQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which classes to show."""

    family: FamilyFilter = 0


class ClassList(msgspec.Struct, frozen=True):
    """All classes, in the order in which they are looked at."""

    items: list[ClientClass]


class ClassKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One class."""

    name: Name
    family: FamilyField = 4


class ClassPut(ToldFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A class as it is to be."""

    name: Name
    match: Annotated[str, Meta(min_length=1, description="Expression over the packet.")]
    family: FamilyField = 4
    drop: Annotated[bool, Meta(description="Do not answer these clients.")] = False


class OptionsKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The options of one family."""

    family: FamilyField = 4


class OptionsPut(ToldFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all clients of a family are told."""

    family: FamilyField = 4


class ClassOperations:
    """Handlers of ``client_class.*`` and ``dhcp_options.*``."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def operations(self) -> list[Operation[Any, Any]]:
        return [*self._of_classes(), *self._changing_classes(), *self._of_options()]

    def _of_classes(self) -> list[Operation[Any, Any]]:
        return [
            Operation(
                name="client_class.list",
                summary="Show classes of DHCP clients.",
                input=ClassQuery,
                output=ClassList,
                handler=self.list,
                scope="classes:read",
                http="GET /dhcp/classes",
                sample=samples.CLIENT_CLASS_LIST,
                cli=Cli(
                    columns=(
                        Column("NAME", "name"),
                        Column("MATCH", "match"),
                        Column("SOURCE", "source"),
                    )
                ),
            ),
        ]

    def _changing_classes(self) -> list[Operation[Any, Any]]:
        return [
            Operation(
                name="client_class.create",
                summary="Add a class of DHCP clients.",
                input=ClassPut,
                output=ClientClass,
                handler=self.create,
                scope="classes:write",
                http="POST /dhcp/classes",
                sample=samples.CLIENT_CLASS_CREATE,
            ),
            Operation(
                name="client_class.update",
                summary="Change a class; what is left out is set to its default.",
                input=ClassPut,
                output=ClientClass,
                handler=self.update,
                scope="classes:write",
                http="PUT /dhcp/classes/{name}",
                sample=samples.CLIENT_CLASS_UPDATE,
            ),
            Operation(
                name="client_class.delete",
                summary="Remove a class of DHCP clients.",
                input=ClassKey,
                output=Nothing,
                handler=self.delete,
                scope="classes:write",
                http="DELETE /dhcp/classes/{name}",
                sample=samples.CLIENT_CLASS_DELETE,
            ),
        ]

    def _of_options(self) -> list[Operation[Any, Any]]:
        return [
            Operation(
                name="dhcp_options.get",
                summary="Show what all DHCP clients of a family are told.",
                input=OptionsKey,
                output=GlobalOptions,
                handler=self.options,
                scope="classes:read",
                http="GET /dhcp/options",
                sample=samples.DHCP_OPTIONS_GET,
            ),
            Operation(
                name="dhcp_options.set",
                summary="Set what all DHCP clients of a family are told.",
                input=OptionsPut,
                output=GlobalOptions,
                handler=self.set_options,
                scope="classes:write",
                http="PUT /dhcp/options",
                sample=samples.DHCP_OPTIONS_SET,
            ),
        ]

    async def list(self, _call: Call, query: ClassQuery) -> ClassList:
        return ClassList(self._desk.catalogue.classes(query.family or None))

    async def create(self, call: Call, wanted: ClassPut) -> ClientClass:
        try:
            self._desk.catalogue.client_class(wanted.family, wanted.name)
        except NotFound:
            made = ClientClass(**values_of(wanted))
            return await self._desk.catalogue.put_class(call, made, None)
        raise Conflict(f"class {wanted.name} exists")

    async def update(self, call: Call, wanted: ClassPut) -> ClientClass:
        before = self._desk.catalogue.client_class(wanted.family, wanted.name)
        after = ClientClass(**values_of(wanted))
        return await self._desk.catalogue.put_class(call, after, before)

    async def delete(self, call: Call, key: ClassKey) -> Nothing:
        await self._desk.catalogue.delete_class(call, key.family, key.name)
        return Nothing()

    async def options(self, _call: Call, key: OptionsKey) -> GlobalOptions:
        return self._desk.catalogue.options(key.family)

    async def set_options(self, call: Call, wanted: OptionsPut) -> GlobalOptions:
        values = values_of(wanted)
        values.pop("comment")
        return await self._desk.catalogue.put_options(call, GlobalOptions(**values))
