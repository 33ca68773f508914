"""Key paths: how a place in the configuration is written, and read.

``("dhcp", "v4", "pools", 1, "range_start")`` is written ``dhcp.v4.pools[1].range_start``; keys that
are not bare TOML keys are quoted: ``dns.recursor.forward_zones."g10.lo"[0]``.
"""

import re
import tomllib
from collections.abc import Sequence

KeyPath = tuple[str | int, ...]
"""Keys (str) and array positions (int, from 0), outermost first; the whole document is ``()``."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STEP = re.compile(
    r"""(?P<dot>\.)?
        (?:(?P<bare>[A-Za-z0-9_-]+) | (?P<quoted>"(?:[^"\\]|\\.)*" | '[^']*'))
        | \[(?P<index>[0-9]{1,9})\]""",
    re.VERBOSE,
)


def format_path(path: Sequence[str | int]) -> str:
    """The path as operators read and write it; one line, whatever the keys hold."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + format_key(step)
    return text


def format_key(key: str) -> str:
    """One key, quoted unless it is a bare TOML key."""
    return key if _BARE.fullmatch(key) else quote(key)


def quote(text: str) -> str:
    """``text`` as a TOML basic string on one line, control characters escaped."""
    return '"' + "".join(map(_escaped, text)) + '"'


def one_line(text: str) -> str:
    """``text`` with all that is not printable escaped: safe in a message or a comment."""
    return text if text.isprintable() else "".join(map(_visible, text))


def _escaped(character: str) -> str:
    return "\\" + character if character in '"\\' else _visible(character)


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def parse_path(text: str) -> KeyPath:
    """The inverse of ``format_path``; raises ValueError for anything else."""
    steps: list[str | int] = []
    position = 0
    while position < len(text):
        found = _STEP.match(text, position)
        if found is None or not _joins(found, bool(steps)):
            raise ValueError(f"{quote(text)} is not a key path (write dns.auth.listen)")
        position = found.end()
        if found["index"] is not None:
            steps.append(int(found["index"]))
        else:
            steps.append(found["bare"] or unquote(found["quoted"]))
    return tuple(steps)


def _joins(found: re.Match[str], follows: bool) -> bool:
    """Whether a step may stand here: keys after the first need a dot, array positions none."""
    if found["index"] is not None:
        return follows
    return follows == (found["dot"] is not None)


def unquote(token: str) -> str:
    """The text of a quoted TOML key; raises ValueError for a bad escape."""
    try:
        text: str = tomllib.loads(f"key = {token}")["key"]
    except tomllib.TOMLDecodeError:
        raise ValueError(f"{quote(token)} is not a quoted key") from None
    return text
