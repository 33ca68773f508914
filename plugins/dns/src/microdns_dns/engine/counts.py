"""What the engine counts, as it is handed to Python."""

from typing import TypedDict


class Counts(TypedDict):
    """``answered`` by type and rcode, ``zones`` by a zone's index and how the search came out.

    ``malformed`` is in the order of ``Fault``, ``cookies`` of ``COOKIE_KINDS``, ``limited`` by
    ``ResponseClass`` and in the order of ``ACTIONS``.
    """

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
    denied: int
    cache_hits: int
    not_allowed: int
    malformed: list[int]
    cookies: list[int]
    limited: list[list[int]]
    latency: list[int]
    latency_seconds: float
