"""Command-line options of the conformance tests."""

import pytest
from tests.conformance.subjects import SUBJECTS


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance")
    group.addoption(
        "--subject",
        choices=sorted(SUBJECTS),
        default="process",
        help="which MicroDNS is compared with the peers; 'none' compares the peers alone",
    )
    group.addoption(
        "--record-differences",
        action="store_true",
        help="write what the peers differ in to differences.toml; what is new there has what we "
        "say now as ours, and no reason: both are to be looked at",
    )
    group.addoption(
        "--generated-seed", type=int, default=2026, help="first seed of the random zones"
    )
    group.addoption(
        "--generated-seconds",
        type=float,
        default=0.0,
        help="for how long rounds of random zones are begun, each with the next seed; always one",
    )
