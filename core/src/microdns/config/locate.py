"""Which line of a TOML file sets which key.

``tomllib`` forgets where things stood, so this walks the text once more, only when a place is
asked for.  It trusts that ``tomllib`` accepted the text, decodes no values, and stops quietly
where it understands no more: then the nearest enclosing key is what is reported.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping

from microdns.config.paths import KeyPath, unquote

_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_SCALAR = re.compile(r"[^,\]}\n#]*")
_STRINGS = (
    re.compile(r'"""(?:[^"\\]|\\(?s:.)|"{1,2}(?!"))*"{3,5}'),
    re.compile(r"'''(?:[^']|'{1,2}(?!'))*'{3,5}"),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
)
NESTING_MAX = 100


class Locator:
    """Lines (from 1) of every key and array item of ``text``, whose line ends are ``\\n``."""

    def __init__(self, text: str) -> None:
        self._newlines = [index for index, character in enumerate(text) if character == "\n"]
        walk = _Walk(text)
        walk.document()
        self._offsets: Mapping[KeyPath, int] = walk.offsets
        self.last: KeyPath = walk.last
        """The path that was read last: what a file that ends too early was in the midst of."""

    def line(self, path: KeyPath) -> int | None:
        """The line where exactly this path is set, or first mentioned as a prefix."""
        offset = self._offsets.get(path)
        return None if offset is None else bisect_right(self._newlines, offset - 1) + 1

    def nearest(self, path: KeyPath) -> int | None:
        """The line of the path, or of its closest ancestor that has one."""
        for length in range(len(path), 0, -1):
            line = self.line(path[:length])
            if line is not None:
                return line
        return None


class _Lost(Exception):
    """The text is not what was expected."""


class _Walk:
    """One pass over the text, noting the offset of each key and array item."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.offsets: dict[KeyPath, int] = {}
        self.last: KeyPath = ()
        self._implicit: set[KeyPath] = set()
        self._lengths: dict[KeyPath, int] = {}
        self._depth = 0

    def document(self) -> None:
        table: KeyPath = ()
        try:
            while not self._at_end():
                if self._peek() == "[":
                    table = self._header()
                else:
                    self._pair(table)
        except (_Lost, ValueError):
            return

    # -- statements

    def _header(self) -> KeyPath:
        start = self.at
        array = self.text.startswith("[[", start)
        self.at += 2 if array else 1
        keys = self._dotted()
        self._expect("]]" if array else "]")
        path = self._note_keys((), keys, start, array=array)
        self.last = path
        return path

    def _pair(self, table: KeyPath) -> None:
        start = self.at
        keys = self._dotted()
        self._expect("=")
        path = self._note_keys(table, keys, start)
        self.last = path
        self._skip(_SPACE)
        self._value(path)

    def _note_keys(
        self, path: KeyPath, keys: list[str], offset: int, *, array: bool = False
    ) -> KeyPath:
        """Follow ``keys`` from ``path``, into the newest element of any array of tables."""
        for key in keys[:-1]:
            path = (*path, key)
            self._note(path, offset, implicit=True)
            if path in self._lengths:
                path = (*path, self._lengths[path] - 1)
        path = (*path, keys[-1])
        self._note(path, offset)
        if array:
            self._lengths[path] = self._lengths.get(path, 0) + 1
            path = (*path, self._lengths[path] - 1)
            self._note(path, offset)
        return path

    def _note(self, path: KeyPath, offset: int, *, implicit: bool = False) -> None:
        """Keep the first place, but let the table's own header win over a mention in passing."""
        if path not in self.offsets:
            self.offsets[path] = offset
            if implicit:
                self._implicit.add(path)
        elif not implicit and path in self._implicit:
            self.offsets[path] = offset
            self._implicit.discard(path)

    # -- values

    def _value(self, path: KeyPath) -> None:
        self._depth += 1
        if self._depth > NESTING_MAX:
            raise _Lost
        if self._peek() == "[":
            self._array(path)
        elif self._peek() == "{":
            self._inline_table(path)
        elif self._peek() in "\"'":
            self._string()
        else:
            self._skip(_SCALAR)
        self._depth -= 1

    def _array(self, path: KeyPath) -> None:
        self._expect("[")
        index = 0
        while not self._closes("]"):
            self._note((*path, index), self.at)
            self._value((*path, index))
            index += 1
            self._separator("]")

    def _inline_table(self, path: KeyPath) -> None:
        self._expect("{")
        while not self._closes("}"):
            self._pair(path)
            self._separator("}")

    def _closes(self, bracket: str) -> bool:
        if self._at_end():
            raise _Lost
        if self._peek() != bracket:
            return False
        self.at += 1
        return True

    def _separator(self, bracket: str) -> None:
        """Leave ``at`` behind a comma, or before the closing bracket."""
        if self._at_end() or self._peek() not in ("," + bracket):
            raise _Lost
        if self._peek() == ",":
            self.at += 1

    def _string(self) -> None:
        for pattern in _STRINGS:
            found = pattern.match(self.text, self.at)
            if found is not None and not self._half_of_three(found):
                self.at = found.end()
                return
        raise _Lost

    def _half_of_three(self, found: re.Match[str]) -> bool:
        """Whether ``""`` matched where an unfinished multi-line string begins."""
        quote = self.text[found.start()]
        return found.group() == quote * 2 and self.text.startswith(quote * 3, found.start())

    # -- tokens

    def _dotted(self) -> list[str]:
        keys = [self._key()]
        while self._peek() == ".":
            self.at += 1
            keys.append(self._key())
        return keys

    def _key(self) -> str:
        self._skip(_SPACE)
        found = _KEY.match(self.text, self.at)
        if found is None:
            raise _Lost
        self.at = found.end()
        self._skip(_SPACE)
        token = found.group()
        return unquote(token) if token[0] in "\"'" else token

    def _at_end(self) -> bool:
        self._skip(_BLANK)
        return self.at >= len(self.text)

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1] or "\0"

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()

    def _expect(self, token: str) -> None:
        self._skip(_SPACE)
        if not self.text.startswith(token, self.at):
            raise _Lost
        self.at += len(token)
