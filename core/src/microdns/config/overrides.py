"""Values that come from outside the file: ``MICRODNS_…`` variables and ``--set``.

``MICRODNS_DNS__AUTH__LISTEN`` sets ``dns.auth.listen``: two underscores between levels, one within
a key.  Variables without two underscores name no key (all keys stand in sections), so what a
container platform puts into the environment for a service called ``microdns`` does no harm.
A value is a TOML literal (``true``, ``5``, ``["a", "b"]``) or else a plain string.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from microdns.config.paths import KeyPath, format_path, parse_path
from microdns.config.problems import ConfigError, ConfigProblem, Origin

PREFIX = "MICRODNS_"
RESERVED = frozenset({"MICRODNS_CONFIG", "MICRODNS_URL", "MICRODNS_KEY", "MICRODNS_KEY_FILE"})
"""Variables with a meaning of their own: they tell the command line where to find things."""


@dataclass(frozen=True)
class Override:
    """One value from outside; ``text`` is what was written, ``value`` what it means as TOML."""

    path: KeyPath
    text: str
    value: Any
    origin: Origin


def from_environment(environment: Mapping[str, str]) -> Iterator[Override]:
    """The overrides among environment variables, by name; of others nothing is read."""
    for name in sorted(environment):
        if not name.startswith(PREFIX) or name in RESERVED or "__" not in name:
            continue
        keys = name.removeprefix(PREFIX).lower().split("__")
        if all(keys):
            text = environment[name]
            yield Override(tuple(keys), text, literal(text), Origin("environment", name))


def variable(path: Iterable[str | int]) -> str:
    """The environment variable that sets a key."""
    return PREFIX + "__".join(str(step) for step in path).upper()


def without_levels(environment: Iterable[str]) -> list[str]:
    """Variables that look like ours but name no key, having no two underscores."""
    return [
        name
        for name in sorted(environment)
        if name.startswith(PREFIX) and name not in RESERVED and "__" not in name
    ]


def from_options(options: Iterable[tuple[str, str]]) -> Iterator[Override]:
    """The overrides given with ``--set``, in order; raises ConfigError for a malformed key."""
    for key, text in options:
        origin = Origin("set", key)
        try:
            path = parse_path(key.strip())
        except ValueError as error:
            raise ConfigError([ConfigProblem(origin, "", str(error))]) from None
        if not path:
            message = "names no key (write --set dns.auth.listen=127.0.0.1:5300)"
            raise ConfigError([ConfigProblem(origin, "", message)])
        yield Override(path, text, literal(text), origin)


def split_option(option: str) -> tuple[str, str]:
    """``a.b=c`` as key and value, at the first ``=`` outside quotes; raises ConfigError."""
    quoted = ""
    for index, character in enumerate(option):
        if quoted:
            quoted = "" if character == quoted else quoted
        elif character in "\"'":
            quoted = character
        elif character == "=":
            return option[:index].strip(), option[index + 1 :].strip()
    message = "has no value (write --set dns.auth.listen=127.0.0.1:5300)"
    raise ConfigError([ConfigProblem(Origin("set", option), "", message)])


def literal(text: str) -> Any:
    """The TOML value that ``text`` spells, or ``text`` itself."""
    try:
        parsed = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return parsed["value"] if len(parsed) == 1 else text


def apply(data: dict[str, Any], override: Override) -> str | None:
    """Set the override's key in ``data``, making tables on the way; a reason when that can't be."""
    here: Any = data
    for depth, step in enumerate(override.path[:-1]):
        if isinstance(here, dict) and isinstance(step, str):
            here = here.setdefault(step, {})
        else:
            found, here = _item(here, step)
            if not found:
                return _no_way(override.path[:depth], here)
    return _assign(here, override)


def _assign(here: Any, override: Override) -> str | None:
    step = override.path[-1]
    if isinstance(here, dict) and isinstance(step, str):
        here[step] = override.value
        return None
    found, _ = _item(here, step)
    if not found:
        return _no_way(override.path[:-1], here)
    here[int(step)] = override.value
    return None


def _item(here: Any, step: str | int) -> tuple[bool, Any]:
    """The item of an array that a step names (digits in a variable's name count as position)."""
    digits = isinstance(step, int) or re.fullmatch("[0-9]{1,9}", step) is not None
    if isinstance(here, list) and digits and int(step) < len(here):
        return True, here[int(step)]
    return False, here


def _no_way(path: KeyPath, here: Any) -> str:
    name = format_path(path)
    if isinstance(here, list):
        return f"{name} is an array of {len(here)}: set it whole, or one of its items by position"
    return f"{name} is a value, not a table"
