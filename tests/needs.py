"""The marker ``needs``: what a test wants from the machine beside Python packages.

``@pytest.mark.needs("nsd", "root")`` names programs of ``tests/system-packages.txt``, ``root``,
``netns`` (network namespaces can be made), or ``engine`` (the compiled one is built). A test whose
needs are not met is left out, and pytest's summary names it with what is missing. With ``CI=true``
in the environment it fails instead, so that nothing stays untested unnoticed.
"""

import importlib.util
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from tests.peers.process import find_program

_TABLE = Path(__file__).with_name("system-packages.txt")
_LEFT_OUT = "left out: "


@cache
def packages() -> dict[str, str]:
    """Program to Debian package."""
    lines = (line.partition("#")[0].split() for line in _TABLE.read_text().splitlines())
    return {words[0]: words[1] for words in lines if words}


@cache
def missing(need: str) -> str | None:
    """Why ``need`` is not met, or None; raises KeyError for a need that nobody knows."""
    if need == "root":
        return None if os.geteuid() == 0 else "must run as root"
    if need == "engine":
        built = importlib.util.find_spec("microdns_dns.engine.core") is not None
        return None if built else "the compiled engine is not built (it needs a C compiler)"
    if need == "netns":
        return None if _can_unshare() else "cannot make network namespaces"
    package = packages()[need]
    return None if find_program(need) else f"no {need} (Debian package {package})"


def _can_unshare() -> bool:
    program = shutil.which("unshare")
    if program is None:
        return False
    return subprocess.run([program, "--net", "true"], capture_output=True).returncode == 0


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "needs(*names): programs of tests/system-packages.txt, root, netns"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    wanted = [str(need) for mark in item.iter_markers("needs") for need in mark.args]
    reasons = [reason for reason in map(missing, wanted) if reason]
    if not reasons:
        return
    text = _LEFT_OUT + ", ".join(dict.fromkeys(reasons))
    if os.environ.get("CI") == "true":
        pytest.fail(text, pytrace=False)
    pytest.skip(text)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons: dict[str, list[str]] = {}
    for report in terminalreporter.getreports("skipped"):
        text = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        reason = text.removeprefix("Skipped: ")
        if reason.startswith(_LEFT_OUT):
            reasons.setdefault(reason.removeprefix(_LEFT_OUT), []).append(report.nodeid)
    if reasons:
        terminalreporter.section("left out for what this machine does not have")
    for reason, names in reasons.items():
        terminalreporter.line(f"{reason}: {len(names)} tests")
        for module in dict.fromkeys(name.partition("::")[0] for name in names):
            terminalreporter.line(f"    {module}")
