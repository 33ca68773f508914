"""Changes to stored data that a new version of the code needs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Migration:
    """A numbered, forward-only change to stored data."""

    number: int
