"""What is wrong with a zone file: every mistake, with its file and line, up to a bound."""

from microdns.errors import Invalid, Problem

PROBLEMS_MAX = 100
"""Mistakes reported at once; reading stops there."""


class TooManyProblems(Exception):
    """Reading stops: enough is wrong."""


class Problems:
    """Mistakes collected while reading goes on."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def add(self, file: str, line: int, message: str | Exception) -> None:
        """Note a mistake; raises TooManyProblems when there are enough."""
        self._found.append(Problem(f"{file}:{line}" if line else file, str(message)))
        if len(self._found) >= PROBLEMS_MAX:
            raise TooManyProblems

    def __len__(self) -> int:
        return len(self._found)

    def raise_if_any(self) -> None:
        """Raise ``Invalid`` with all of them, in the order of files and lines."""
        if not self._found:
            return
        if len(self._found) >= PROBLEMS_MAX:
            self._found.append(Problem("", f"(the first {PROBLEMS_MAX} mistakes)"))
        raise Invalid.of(*self._found)
