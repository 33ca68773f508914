"""Keeps what tests print fit for pytest-xdist, which sends it to another process as UTF-8.

Tests of odd input log and print lone surrogates; one of them would end the whole run.
"""

from collections.abc import Generator
from typing import Any

import pytest


def encodable(text: str) -> str:
    """The text with lone surrogates written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    report.sections = [(encodable(name), encodable(text)) for name, text in report.sections]
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_report_to_serializable(report: Any) -> None:
    """A failure's own text, which is made late: as plain text when it can't be sent."""
    failure = getattr(report, "longrepr", None)
    if failure is not None and encodable(str(failure)) != str(failure):
        report.longrepr = encodable(str(failure))
