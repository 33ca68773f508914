"""SipHash-2-4 with a result of 64 bits: what RFC 9018 makes cookies with."""

from typing import Final

_WORD: Final = 0xFFFF_FFFF_FFFF_FFFF


def siphash24(key: bytes, message: bytes) -> bytes:
    """Eight octets, little endian, for a key of 16."""
    first, second = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")
    v0, v1 = first ^ 0x736F6D6570736575, second ^ 0x646F72616E646F6D
    v2, v3 = first ^ 0x6C7967656E657261, second ^ 0x7465646279746573
    end = bytes((len(message) & 0xFF,))
    padded = message + bytes(7 - len(message) % 8) + end
    for at in range(0, len(padded), 8):
        word = int.from_bytes(padded[at : at + 8], "little")
        v0, v1, v2, v3 = _round(*_round(v0, v1, v2, v3 ^ word))
        v0 ^= word
    v2 ^= 0xFF
    for _ in range(4):
        v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    return (v0 ^ v1 ^ v2 ^ v3).to_bytes(8, "little")


def _round(v0: int, v1: int, v2: int, v3: int) -> tuple[int, int, int, int]:
    v0 = (v0 + v1) & _WORD
    v1 = ((v1 << 13 | v1 >> 51) & _WORD) ^ v0
    v0 = (v0 << 32 | v0 >> 32) & _WORD
    v2 = (v2 + v3) & _WORD
    v3 = ((v3 << 16 | v3 >> 48) & _WORD) ^ v2
    v0 = (v0 + v3) & _WORD
    v3 = ((v3 << 21 | v3 >> 43) & _WORD) ^ v0
    v2 = (v2 + v1) & _WORD
    v1 = ((v1 << 17 | v1 >> 47) & _WORD) ^ v2
    v2 = (v2 << 32 | v2 >> 32) & _WORD
    return v0, v1, v2, v3
