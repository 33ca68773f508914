"""The engine with AddressSanitizer and UBSan: its tests, and guided fuzzing for seventy seconds."""

import pytest
from tests import sanitize

FUZZ_SECONDS = 14
"""For each of five targets."""
QUERIES = 4_000
"""That the differential test compares; far more are compared without sanitizers."""


@pytest.fixture(scope="module")
def sanitized() -> None:
    sanitize.build()


@pytest.mark.needs("engine")
@pytest.mark.usefixtures("sanitized")
def test_the_engines_tests_pass() -> None:
    assert sanitize.run(*sanitize.suite(), "--engine-queries", str(QUERIES)) == 0


@pytest.mark.needs("engine")
@pytest.mark.usefixtures("sanitized")
@pytest.mark.parametrize("target", sanitize.TARGETS)
def test_nothing_is_found_by_fuzzing(target: str) -> None:
    assert sanitize.run("tests.fuzz", target, "--seconds", str(FUZZ_SECONDS)) == 0
