"""SipHash-2-4: the vectors of its authors."""

import pytest

from microdns_dns.protection.siphash import siphash24

KEY = bytes(range(16))


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, "310e0edd47db6f72"),
        (1, "fd67dc93c539f874"),
        (7, "37d1018bf50002ab"),
        (8, "6224939a79f5f593"),
        (15, "e545be4961ca29a1"),
        (63, "724506eb4c328a95"),
    ],
)
def test_vectors(size: int, expected: str) -> None:
    assert siphash24(KEY, bytes(range(size))).hex() == expected
