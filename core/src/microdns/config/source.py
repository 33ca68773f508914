"""The configuration file as text and as plain values, or one clear message why not."""

import re
import tomllib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from microdns.config.locate import Locator
from microdns.config.paths import KeyPath, format_path
from microdns.config.problems import ConfigError, ConfigProblem, Origin

FILE_BYTES_MAX = 16 << 20
"""A larger file is refused: zones belong in zone files."""

_AT = re.compile(r" \((?:at line (\d+), column (\d+)|at end of document)\)$")
_BARE_STRING = re.compile(r"""[^"'#=]*=\s*[^"'\[{\s#=]""")


@dataclass(frozen=True)
class Source:
    """A parsed file: ``name`` is shown to operators, relative paths start from ``folder``."""

    name: str
    folder: Path
    text: str = ""
    data: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def locator(self) -> Locator:
        return Locator(self.text)

    def origin(self, path: KeyPath) -> Origin:
        """The line of the path, or of the closest enclosing key that the file has."""
        return Origin("file", self.name, self.locator.nearest(path))


def read_source(path: Path) -> Source:
    """Read and parse a file; raises ConfigError when it can't be read or is not TOML."""
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _failure(str(path), f"can't read the configuration: {reason}") from None
    if len(raw) > FILE_BYTES_MAX:
        raise _failure(str(path), f"larger than {FILE_BYTES_MAX >> 20} MiB")
    return parse_bytes(raw, str(path), path.absolute().parent)


def parse_bytes(raw: bytes, name: str, folder: Path) -> Source:
    """Parse a file's content; raises ConfigError when it is not UTF-8 text or not TOML."""
    return parse_source(_decode(raw, name), name, folder)


def _decode(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _failure(name, "not UTF-8 text (save the file as UTF-8)", line) from None


def parse_source(text: str, name: str, folder: Path) -> Source:
    """Parse TOML text; raises ConfigError with file, line and column of a syntax error."""
    text = text.replace("\r\n", "\n")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(error, text, name) from None
    except RecursionError:
        raise _failure(name, "arrays or inline tables nested too deeply") from None
    except ValueError as error:  # Python's limit on the digits of an integer
        raise _failure(name, f"not valid TOML: {error}") from None
    return Source(name, folder, text, data)


def _syntax_error(error: tomllib.TOMLDecodeError, text: str, name: str) -> ConfigError:
    reason = str(error)
    place = _AT.search(reason)
    line = column = None
    if place is not None:
        reason = reason[: place.start()]
        if place[1] is not None:
            line, column = int(place[1]), int(place[2])
            reason += _began(text, reason, line)
        else:
            line, reason = _at_end(text, reason)
    return _failure(name, f"not valid TOML: {_plain(reason, text, line)}", line, column)


def _at_end(text: str, reason: str) -> tuple[int, str]:
    """A value that never ends is mended where it begins, not where the file ends."""
    last_line = text.rstrip("\n").count("\n") + 1
    if not reason.startswith(("Unterminated", "Unclosed", "Expected")):
        return last_line, reason
    locator = Locator(text)
    begins = locator.nearest(locator.last)
    if begins is None or begins == last_line:
        return last_line, reason
    return begins, f"{reason} in {format_path(locator.last)}, which begins here and never ends"


def _began(text: str, reason: str, line: int) -> str:
    """Where an array or inline table began that is not closed where something else begins."""
    if not reason.startswith("Unclosed"):
        return ""
    locator = Locator(text)
    begins = locator.nearest(locator.last)
    if begins is None or begins >= line:
        return ""
    return f" ({format_path(locator.last)} begins in line {begins})"


def _plain(reason: str, text: str, line: int | None) -> str:
    """tomllib's reason, with key tuples written as paths, and a hint at missing quotes."""
    reason = re.sub(r"\(('[^()]*),?\)", lambda keys: _keys_as_path(keys[1]), reason)
    reason = reason[:1].lower() + reason[1:]
    if line is not None and reason.startswith(("invalid value", "expected newline")):
        source = text.split("\n")[line - 1]
        if _BARE_STRING.match(source):
            reason += ' (strings need quotes: key = "value")'
    return reason


def _keys_as_path(keys: str) -> str:
    return "[" + ".".join(re.findall(r"'((?:[^'\\]|\\.)*)'", keys)) + "]"


def _failure(
    name: str, message: str, line: int | None = None, column: int | None = None
) -> ConfigError:
    return ConfigError([ConfigProblem(Origin("file", name, line), "", message, column)])
