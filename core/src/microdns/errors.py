"""The errors an operation may end with.

Every interface (command line, REST, gRPC) maps this small tree once.  Anything else that
escapes an operation is a defect: it is logged under an id, and the client sees
"internal server error" with that id.
"""

from typing import ClassVar

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """One thing wrong with an input: where (``data.exchange``, ``zones[2]``) and what."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class MicroDNSError(Exception):
    """Base of the tree.  ``code`` is stable and machine-readable; the text is for operators."""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    @property
    def message(self) -> str:
        return str(self)


class NotFound(MicroDNSError):
    """The thing named does not exist, or the caller may not know that it does."""

    code = "not-found"
    exit_code = 3


class Conflict(MicroDNSError):
    """The thing exists already, or has changed since the caller last read it."""

    code = "conflict"
    exit_code = 4


class Outdated(Conflict):
    """The thing has another version than the caller asked for."""

    code = "outdated"


class Invalid(MicroDNSError):
    """The input is wrong; ``problems`` holds every reason, not only the first."""

    code = "invalid"
    exit_code = 5

    def __init__(self, message: str, problems: tuple[Problem, ...] | list[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)

    @classmethod
    def of(cls, *problems: Problem) -> "Invalid":
        """An error whose text is its problems, one a line."""
        return cls("\n".join(map(str, problems)), problems)


class Denied(MicroDNSError):
    """The caller is not allowed to do this."""

    code = "denied"
    exit_code = 6


class Unauthenticated(Denied):
    """The caller did not show a key, or showed one that is not valid."""

    code = "unauthenticated"


class Throttled(MicroDNSError):
    """The caller asks more often than it may; trying again later succeeds."""

    code = "throttled"
    exit_code = 7


class Unavailable(MicroDNSError):
    """Something needed is not working now; trying again later may succeed."""

    code = "unavailable"
    exit_code = 7


class TooLarge(MicroDNSError):
    """A stated limit would be exceeded."""

    code = "too-large"
    exit_code = 8


class StorageFault(Unavailable):
    """The store can't promise what it is asked for: disk full, I/O error, corruption."""

    code = "storage-fault"
