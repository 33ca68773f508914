"""The marker ``needs``: tests without their programs are named, and fail in CI."""

from collections.abc import Iterator

import pytest
from tests import needs

pytest_plugins = ["pytester"]

_MODULE = """
import pytest

@pytest.mark.needs("nsd")
def test_with_nsd():
    pass

def test_without():
    pass
"""


@pytest.fixture
def module(pytester: pytest.Pytester) -> Iterator[pytest.Pytester]:
    pytester.makepyfile(test_it=_MODULE)
    needs.missing.cache_clear()
    yield pytester
    needs.missing.cache_clear()


def _run(pytester: pytest.Pytester) -> pytest.RunResult:
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", plugins=[needs])


def test_what_is_there_runs(module: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "find_program", lambda name: f"/usr/sbin/{name}")
    _run(module).assert_outcomes(passed=2)


def test_what_is_missing_is_named(module: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "find_program", lambda name: None)
    monkeypatch.delenv("CI", raising=False)
    result = _run(module)
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["*left out*", "no nsd (Debian package nsd): 1 tests"])


def test_what_is_missing_fails_in_ci(
    module: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(needs, "find_program", lambda name: None)
    monkeypatch.setenv("CI", "true")
    result = _run(module)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*left out: no nsd*"])


def test_a_need_that_nobody_knows_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        needs.missing("no-such-program")


def test_each_program_has_a_package() -> None:
    assert needs.packages()["named"] == "bind9"
