"""Small changes to known inputs, and mixtures of them."""

import random
from collections.abc import Sequence

EDITS_MAX = 8
NUMBERS = (0, 1, 0x7F, 0x80, 0xFF)


def mutated(source: random.Random, seeds: Sequence[bytes]) -> bytes:
    """One seed with some edits."""
    data = bytearray(source.choice(seeds))
    for _ in range(source.randint(1, EDITS_MAX)):
        source.choice(EDITS)(source, data, seeds)
    return bytes(data)


def _place(source: random.Random, data: bytearray) -> int:
    return source.randint(0, len(data))


def _flip(source: random.Random, data: bytearray, _seeds: Sequence[bytes]) -> None:
    if data:
        data[source.randrange(len(data))] ^= 1 << source.randrange(8)


def _set(source: random.Random, data: bytearray, _seeds: Sequence[bytes]) -> None:
    if data:
        data[source.randrange(len(data))] = source.choice(NUMBERS)


def _insert(source: random.Random, data: bytearray, _seeds: Sequence[bytes]) -> None:
    at = _place(source, data)
    data[at:at] = source.randbytes(source.randint(1, 4))


def _remove(source: random.Random, data: bytearray, _seeds: Sequence[bytes]) -> None:
    at = _place(source, data)
    del data[at : at + source.randint(1, 16)]


def _repeat(source: random.Random, data: bytearray, _seeds: Sequence[bytes]) -> None:
    at = _place(source, data)
    piece = data[at : at + source.randint(1, 16)]
    data[at:at] = piece * source.randint(1, 8)


def _move(source: random.Random, data: bytearray, _seeds: Sequence[bytes]) -> None:
    at = _place(source, data)
    piece = data[at : at + source.randint(1, 64)]
    to = _place(source, data)
    data[to:to] = piece


def _mix(source: random.Random, data: bytearray, seeds: Sequence[bytes]) -> None:
    other = source.choice(seeds)
    start = source.randint(0, len(other))
    at = _place(source, data)
    data[at:at] = other[start : start + source.randint(1, 64)]


EDITS = (_flip, _set, _insert, _remove, _repeat, _move, _mix)
