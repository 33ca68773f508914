"""Options of the engine's tests."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine-queries", type=int, default=20_000, help="Answers to compare")
    parser.addoption("--engine-seed", type=int, default=1, help="Where the zones begin")
