"""What the engine counts, as it is handed to Python."""

from typing import TypedDict


class Counts(TypedDict):
    """``answered`` by type and rcode, ``zones`` by a zone's index and how the search came out."""

    answered: dict[tuple[int, int], int]
    zones: dict[tuple[int, int], int]
    truncated: int
    short: int
    response: int
    oversize: int
    overload: int
    unsent: int
    receive_errors: int
    upward: int
    batches: int
    latency: list[int]
    latency_seconds: float
