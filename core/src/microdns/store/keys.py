"""Bytes that sort as the things they stand for.

RocksDB orders keys as bytes.  ``join`` packs several parts into one key whose order is that of the
parts one after the other, whatever bytes they hold, and whose leading parts are a usable prefix.
"""

_ESCAPED_ZERO = b"\x00\xff"
_END = b"\x00\x01"


def uint(number: int, octets: int = 8) -> bytes:
    """An unsigned number in ``octets`` bytes, big endian; raises OverflowError beyond them."""
    return number.to_bytes(octets, "big")


def escape(part: bytes) -> bytes:
    """``part`` without the pair 00 01, order kept; the escape of a prefix prefixes the escape."""
    return part.replace(b"\x00", _ESCAPED_ZERO) if b"\x00" in part else part


def join(*parts: bytes) -> bytes:
    """One key of several parts; ``join(a)`` prefixes ``join(a, b)``, and never ``join(a + x)``."""
    return b"".join([escape(part) + _END for part in parts])


def split(key: bytes) -> list[bytes]:
    """The parts that ``join`` packed; raises ValueError for anything else."""
    if key and not key.endswith(_END):
        raise ValueError(f"{key!r} is not a joined key")
    parts = key.split(_END)[:-1]
    return [_unescape(part) for part in parts]


def after_prefix(prefix: bytes) -> bytes | None:
    """The first key that sorts after every key with ``prefix``; None when there is none."""
    stripped = prefix.rstrip(b"\xff")
    if not stripped:
        return None
    return stripped[:-1] + bytes([stripped[-1] + 1])


def _unescape(part: bytes) -> bytes:
    plain = part.replace(_ESCAPED_ZERO, b"\x00")
    if escape(plain) != part:
        raise ValueError(f"{part!r} is not an escaped part")
    return plain
