"""Plain values into structs, strictly, with every mistake found instead of the first.

A struct may check combinations of its fields with a method ``problems``, whose paths are relative
to the struct; it runs once all fields are right by themselves::

    def problems(self) -> Iterable[Problem]:
        if self.range_start > self.range_end:
            yield Problem("range_end", "lies before range_start")

msgspec's own convention, a ValueError from ``__post_init__``, is understood too, but can name only
one problem, and not a field.
"""

import math
from collections.abc import Callable, Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import NODEFAULT
from msgspec.structs import FieldInfo

from microdns.config.describe import describe, kind, written
from microdns.config.fields import SecretText
from microdns.config.paths import KeyPath, parse_path
from microdns.config.suggest import hint
from microdns.config.types import (
    Shape,
    choices,
    is_array,
    is_struct,
    is_table,
    item_type,
    members,
    shape,
    struct_fields,
    table_types,
    with_metas,
)

Report = Callable[[KeyPath, str], None]
"""Told of each mistake: where, and what."""

SECRET_BYTES_MAX = 64 << 10
FILE_SUFFIX = "_file"


class Missing:
    """Stands for a value that can't be had, its reason being reported."""


MISSING: Final = Missing()


class Decoder:
    """Decodes the parts of one document.

    ``texts`` gives what was literally written for a value that came from outside the file: where a
    string is wanted, ``MICRODNS_API__REST__API_KEY=12345`` means the string.
    """

    def __init__(
        self, report: Report, folder: Path, texts: Mapping[KeyPath, str] | None = None
    ) -> None:
        self._report = report
        self._folder = folder
        self._texts = texts or {}

    def struct(
        self,
        cls: type[msgspec.Struct],
        table: Mapping[str, Any],
        path: KeyPath,
        *,
        ignored: Collection[str] = (),
        elsewhere: Mapping[str, tuple[KeyPath, Any]] | None = None,
        complete: bool = True,
    ) -> Any:
        """``table`` as a ``cls``, or MISSING when anything is wrong with it.

        Keys in ``ignored`` belong to others.  Fields in ``elsewhere`` are not keys of the table:
        each has the path and value to take.  ``complete=False`` forgives missing keys (and then
        gives MISSING without a report).
        """
        reading = _StructReading(cls, table, path, elsewhere or {})
        self._unknown_keys(reading, ignored)
        values = {}
        sound = True
        for info, wanted in struct_fields(cls):
            found = self._field(reading, info, wanted, complete)
            if found is MISSING:
                sound = sound and reading.is_unset(info) and not info.required
                found = self._settled(info, wanted)
            if found is not MISSING:
                values[info.name] = found
        return self._build(cls, values, path) if sound else MISSING

    def _unknown_keys(self, reading: "_StructReading", ignored: Collection[str]) -> None:
        for key, value in reading.table.items():
            if key in reading.keys or key in ignored:
                continue
            what = "unknown section" if isinstance(value, dict) else "unknown key"
            self._report((*reading.path, key), what + hint(key, {*reading.keys, *ignored}))

    def _field(
        self, reading: "_StructReading", info: FieldInfo, wanted: Shape, complete: bool
    ) -> Any:
        if info.name in reading.elsewhere:
            path, value = reading.elsewhere[info.name]
            return self.value(wanted, value, path)
        if wanted.secret and info.encode_name + FILE_SUFFIX in reading.table:
            return self._secret_from_file(reading, info, wanted)
        if info.encode_name in reading.table:
            value = reading.table[info.encode_name]
            return self.value(wanted, value, (*reading.path, info.encode_name))
        if info.required and complete:
            self._report((*reading.path, info.encode_name), f"missing: must be {describe(wanted)}")
        return MISSING

    def _settled(self, info: FieldInfo, wanted: Shape) -> Any:
        """A default that depends on where the file lies; MISSING for all others."""
        if wanted.form is None or info.default is NODEFAULT:
            return MISSING
        return wanted.form.settle(info.default, self._folder)

    def _secret_from_file(self, reading: "_StructReading", info: FieldInfo, wanted: Shape) -> Any:
        key = info.encode_name + FILE_SUFFIX
        path = (*reading.path, key)
        if info.encode_name in reading.table:
            self._report(path, f"{info.encode_name} is set as well (keep one of the two)")
            return MISSING
        named = reading.table[key]
        if not isinstance(named, str) or not named or "\0" in named:
            self._report(path, "must be the path of a file that holds the secret")
            return MISSING
        try:
            text = read_secret(self._folder / Path(named).expanduser())
        except ValueError as error:
            self._report(path, str(error))
            return MISSING
        return self.value(wanted, text, path)

    def _build(self, cls: type[msgspec.Struct], values: dict[str, Any], path: KeyPath) -> Any:
        try:
            built = cls(**values)
        except (ValueError, TypeError) as error:
            self._report(path, str(error))
            return MISSING
        check = getattr(built, "problems", None)
        found = list(check()) if callable(check) else []
        for problem in found:
            self._report(path + relative(problem.path), problem.message)
        return MISSING if found else built

    # -- values

    def value(self, wanted: Shape, value: Any, path: KeyPath) -> Any:
        """``value`` as what is wanted, or MISSING when anything is wrong with it."""
        if wanted.form is not None:
            return self._formed(wanted, value, path)
        base = _branch(wanted.base, value)
        if is_struct(base) and isinstance(value, dict):
            return self.struct(base, value, path)
        if is_array(base) and isinstance(value, list):
            return self._array(wanted, base, value, path)
        if is_table(base) and isinstance(value, dict):
            return self._table(wanted, base, value, path)
        return self._leaf(wanted, value, path)

    def _array(self, wanted: Shape, base: Any, value: list[Any], path: KeyPath) -> Any:
        each = shape(item_type(base))
        items = [self.value(each, item, (*path, index)) for index, item in enumerate(value)]
        if not self._within(with_metas(list[Any], wanted.metas), value):
            self._report(path, f"must be {describe(wanted)}, not {len(value)} items")
            return MISSING
        if any(item is MISSING for item in items):
            return MISSING
        try:
            return _container(base)(items)
        except TypeError:
            self._report(path, "can't hold such items")
            return MISSING

    def _table(self, wanted: Shape, base: Any, value: dict[str, Any], path: KeyPath) -> Any:
        key_type, value_type = map(shape, table_types(base))
        decoded = {}
        sound = True
        for key, item in value.items():
            name = self.value(key_type, key, (*path, key))
            held = self.value(value_type, item, (*path, key))
            sound = sound and name is not MISSING and held is not MISSING
            decoded[name] = held
        if not self._within(with_metas(dict[Any, Any], wanted.metas), value):
            self._report(path, f"must be {describe(wanted)}, not {len(value)} entries")
            return MISSING
        return decoded if sound else MISSING

    def _leaf(self, wanted: Shape, value: Any, path: KeyPath) -> Any:
        text = self._texts.get(path)
        for candidate in (value,) if text is None or text == value else (value, text):
            decoded = self._convert(wanted.bounded, candidate)
            if decoded is not MISSING:
                secret = wanted.secret and isinstance(decoded, str)
                return SecretText(decoded) if secret else decoded
        self._report(path, _mismatch(wanted, value))
        return MISSING

    def _formed(self, wanted: Shape, value: Any, path: KeyPath) -> Any:
        form = wanted.form
        assert form is not None  # noqa: S101  (the caller asked)
        plain = self._convert(form.written, value)
        if plain is MISSING and path in self._texts:
            plain = self._convert(form.written, self._texts[path])
        if plain is MISSING:
            self._report(path, _mismatch(wanted, value))
            return MISSING
        try:
            read = form.read(plain, self._folder)
        except (ValueError, OverflowError, RuntimeError) as error:
            self._report(path, f"must be {describe(wanted)}" if wanted.secret else str(error))
            return MISSING
        if wanted.metas and not self._within(wanted.bounded, read):
            self._report(path, _mismatch(wanted, value))
            return MISSING
        return read

    def _convert(self, wanted: Any, value: Any) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            return MISSING  # nan and inf pass bounds, and no setting means them
        try:
            return msgspec.convert(value, wanted)
        except (msgspec.ValidationError, OverflowError, RecursionError):
            return MISSING

    def _within(self, bounded: Any, value: Any) -> bool:
        """Whether the bounds hold; those of types that msgspec does not know, it can't check."""
        try:
            msgspec.convert(value, bounded)
        except msgspec.ValidationError:
            return False
        except TypeError:
            return True
        return True


class _StructReading:
    """One struct and the table that it is read from."""

    def __init__(
        self,
        cls: type[msgspec.Struct],
        table: Mapping[str, Any],
        path: KeyPath,
        elsewhere: Mapping[str, tuple[KeyPath, Any]],
    ) -> None:
        self.table = table
        self.path = path
        self.elsewhere = elsewhere
        self.keys = keys_of(cls).difference(elsewhere)

    def is_unset(self, info: FieldInfo) -> bool:
        """Whether nothing was written for a field, so that its default holds."""
        names = {info.encode_name, info.encode_name + FILE_SUFFIX}
        return info.name not in self.elsewhere and names.isdisjoint(
            names & self.keys & self.table.keys()
        )


@cache
def keys_of(cls: type[msgspec.Struct]) -> frozenset[str]:
    """Every key that a section of this type may have, ``<secret>_file`` included."""
    names = set()
    for info, wanted in struct_fields(cls):
        names.add(info.encode_name)
        if wanted.secret:
            names.add(info.encode_name + FILE_SUFFIX)
    return frozenset(names)


def relative(text: str) -> KeyPath:
    """A problem's path as steps; text that is no path is taken as one key."""
    try:
        return parse_path(text)
    except ValueError:
        return (text,)


def read_secret(file: Path) -> str:
    """The secret in a file, without its line end; raises ValueError, which never shows it."""
    try:
        with file.open("rb") as opened:
            raw = opened.read(SECRET_BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a usable path"
        raise ValueError(f"can't read {file}: {reason}") from None
    if len(raw) > SECRET_BYTES_MAX:
        raise ValueError(f"{file} is larger than {SECRET_BYTES_MAX >> 10} KiB: not a secret")
    try:
        text = raw.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise ValueError(f"{file} is not UTF-8 text") from None
    if not text:
        raise ValueError(f"{file} is empty")
    return text


def _branch(base: Any, value: Any) -> Any:
    """The member of a union that fits a table or an array; the type itself otherwise."""
    fits = is_array if isinstance(value, list) else _takes_tables
    if isinstance(value, list | dict):
        fitting = [member for member in members(base) if fits(shape(member).base)]
        if len(fitting) == 1:
            return shape(fitting[0]).base
    return base


def _takes_tables(base: Any) -> bool:
    return is_struct(base) or is_table(base)


def _container(base: Any) -> type:
    origin = getattr(base, "__origin__", base)
    return origin if isinstance(origin, type) else list


def _mismatch(wanted: Shape, value: Any) -> str:
    if wanted.secret:
        return f"must be {describe(wanted)}, which this {kind(value).partition(' ')[2]} is not"
    if isinstance(value, str) and choices(wanted.base):
        names = [choice for choice in choices(wanted.base) if isinstance(choice, str)]
        return f"must be {describe(wanted)}, not {written(value)}" + _choice_hint(value, names)
    return f"must be {describe(wanted)}, not {written(value)}"


def _choice_hint(value: str, names: list[str]) -> str:
    suggestion = hint(value, names, mark='"{}"')
    return suggestion if "did you mean" in suggestion else ""
