"""Command-line options of the conformance tests."""

import pytest
from tests.conformance.subjects import SUBJECTS


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance")
    group.addoption(
        "--subject",
        choices=sorted(SUBJECTS),
        default="none",
        help="which MicroDNS is compared with the peers; 'none' compares the peers alone",
    )
    group.addoption(
        "--record-differences",
        action="store_true",
        help="write what the peers differ in to differences.toml; reasons are left to write",
    )
    group.addoption(
        "--generated-seed", type=int, default=2026, help="first seed of the random zones"
    )
    group.addoption(
        "--generated-rounds", type=int, default=3, help="how many rounds of random zones to compare"
    )
