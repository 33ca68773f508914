"""Zone files on disk: a file and what it includes, as texts to be read.

``$INCLUDE`` may name files in the folder of the zone file and below it, and nothing else: neither
an absolute path, nor ``..``, nor a symbolic link leads out.  Paths are relative to that folder, in
included files too.
"""

import os
import re
import stat
from pathlib import Path

from microdns.errors import Invalid, NotFound, Problem, TooLarge
from microdns_auth.zonefile.reader import ZoneText
from microdns_dns.rdata import tokens_of

BYTES_MAX = 200 << 20
"""Of a zone file and its includes together."""
INCLUDES_MAX = 1_000

_INCLUDE = re.compile(r"^\$INCLUDE[ \t][^\n]*", re.MULTILINE | re.IGNORECASE)


def load_zone_text(path: str | Path, zone: str = "") -> ZoneText:
    """Read a zone file and its includes; ``zone`` names the zone if the file does not.

    Raises NotFound when the file can't be read, ``Invalid`` for includes that lead out of its
    folder and for text that is not UTF-8, TooLarge beyond 200 MiB.  An included file that does
    not exist is left to the reader, which knows where it is asked for.
    """
    try:
        with open(path, "rb") as file:
            raw = file.read(BYTES_MAX + 1)  # no more, also of what never ends
    except OSError as error:
        raise NotFound(f"{path}: {error.strerror or error}") from None
    loading = _Loading(Path(path))
    text = loading.text(raw, str(path))
    loading.includes_of(text, str(path))
    return ZoneText(text, str(path), loading.includes, zone)


class _Loading:
    """The includes of one zone file."""

    def __init__(self, path: Path) -> None:
        self.includes: dict[str, str] = {}
        self._folder = os.path.realpath(path.parent)
        self._bytes = 0

    def text(self, raw: bytes, name: str) -> str:
        self._bytes += len(raw)
        if self._bytes > BYTES_MAX:
            raise TooLarge(f"{name}: a zone file may have {BYTES_MAX >> 20} MiB with its includes")
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            message = "not UTF-8: write other octets as \\DDD"
            raise Invalid.of(Problem(f"{name}:{line}", message)) from None

    def includes_of(self, text: str, name: str) -> None:
        """Load what a text includes, and what that includes."""
        for match in _INCLUDE.finditer(text):
            place = f"{name}:{text.count(chr(10), 0, match.start()) + 1}"
            wanted = _wanted(match[0])
            if not wanted or wanted in self.includes:
                continue
            if len(self.includes) >= INCLUDES_MAX:
                raise TooLarge(f"{place}: more than {INCLUDES_MAX} files are included")
            raw = self._read(wanted, place)
            if raw is not None:
                self.includes[wanted] = self.text(raw, wanted)
                self.includes_of(self.includes[wanted], wanted)

    def _read(self, wanted: str, place: str) -> bytes | None:
        if "\0" in wanted:
            raise Invalid.of(Problem(place, "the path has a zero octet in it"))
        real = os.path.realpath(os.path.join(self._folder, wanted))
        if os.path.commonpath([real, self._folder]) != self._folder:
            message = f"$INCLUDE {wanted} leads out of the folder of the zone file"
            raise Invalid.of(Problem(place, message))
        try:
            opened = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Invalid.of(Problem(place, f"{wanted}: {error.strerror}")) from None
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            os.close(opened)
            raise Invalid.of(Problem(place, f"{wanted} is not a file"))
        with open(opened, "rb") as file:
            return file.read(BYTES_MAX + 1)


def _wanted(line: str) -> str:
    """The path that an ``$INCLUDE`` line names, as the reader will see it."""
    try:
        words = tokens_of(line)[1:]
        return words[0].octets().decode("utf-8", "replace") if words else ""
    except ValueError:
        return ""  # the reader says what is wrong with it
