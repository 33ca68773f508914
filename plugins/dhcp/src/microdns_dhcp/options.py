"""Options by number and name, and what is joined from the places that set them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from microdns_dhcp.model import Settings
from microdns_dhcp.values import OptionTypes


@dataclass(frozen=True)
class OptionDefinition:
    """One option: its number, its name, and a key of the family's types."""

    number: int
    name: str
    type: str


class OptionTable:
    """The options of a family."""

    def __init__(self, table: str, types: OptionTypes, ours: frozenset[int], highest: int) -> None:
        """``table`` has a line a name: number, name, type.  ``ours`` are options that the server
        makes itself, so that none of them can be set; numbers go from 1 to ``highest``."""
        self.types = types
        self.ours = ours
        self.by_number: dict[int, OptionDefinition] = {}
        self.by_name: dict[str, OptionDefinition] = {}
        self._highest = highest
        for line in filter(None, table.split("\n")):
            number, name, kind = line.split()
            definition = OptionDefinition(int(number), name, kind)
            self.by_number[definition.number] = self.by_name[name] = definition

    def find(self, option: int | str) -> OptionDefinition:
        """The definition of a number or name; a number without a name is ``hex``.

        Raises ValueError for a name nobody knows, or a number out of range.
        """
        if isinstance(option, str):
            if option.isascii() and option.isdigit():
                return self.find(int(option))
            try:
                return self.by_name[option.lower().replace("_", "-")]
            except KeyError:
                raise ValueError(f"no option is called {option[:64]!r} (use its number)") from None
        if not 1 <= option <= self._highest:
            raise ValueError(f"option numbers go from 1 to {self._highest}")
        return self.by_number.get(option) or OptionDefinition(option, str(option), "hex")

    def encode(self, option: int | str, value: Any, type_name: str = "") -> tuple[int, bytes]:
        """Number and octets of an option as declared; raises ValueError with a message."""
        definition = self.find(option)
        if definition.number in self.ours:
            raise ValueError(f"option {definition.name} is set by the server itself")
        kind = self.types.get(type_name or definition.type)
        if kind is None:
            raise ValueError(f"no type {type_name!r} (there are {', '.join(sorted(self.types))})")
        try:
            return definition.number, kind.encode(value)
        except ValueError as error:
            raise ValueError(f"option {definition.name}: {error}") from None

    def show(self, number: int, data: bytes) -> Any:
        """An option's value for people; octets in hexadecimal where it is not what it should be."""
        definition = self.find(number)
        try:
            return self.types[definition.type].decode(data)
        except ValueError:
            return data.hex()

    def values_of(
        self, settings: Settings, usual: Iterable[tuple[int, Any]]
    ) -> tuple[dict[int, bytes], set[int]]:
        """One place's options as octets, and which are always sent; raises ValueError.

        ``usual`` are the numbers and values of what has a key of its own; empty ones are left out.
        """
        values = {number: self.encode(number, written)[1] for number, written in usual if written}
        always = set()
        for option in settings.options:
            number, octets = self.encode(option.option, option.value, option.type)
            values[number] = octets
            if option.always:
                always.add(number)
        return values, always


def first_set(settings: Iterable[Settings], name: str) -> Any:
    """What the closest place says for a key; None where none does."""
    for each in settings:
        value = getattr(each, name)
        if value:
            return value
    return None


def merged(
    settings: Iterable[Settings],
    values_of: Callable[[Settings], tuple[dict[int, bytes], set[int]]],
) -> tuple[dict[int, bytes], frozenset[int]]:
    """Options of several places, the closest first; raises ValueError."""
    values: dict[int, bytes] = {}
    always: set[int] = set()
    for each in settings:
        own, wanted = values_of(each)
        for number, octets in own.items():
            values.setdefault(number, octets)
        always |= wanted
    return values, frozenset(always)
