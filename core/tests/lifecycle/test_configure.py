"""Which installed plugins a start imports."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from microdns.config import ConfigError
from microdns.lifecycle import configure
from microdns.lifecycle.discovery import Loaded, LoadFailure


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The names that were to be imported, each time; two of ours and another are installed."""
    asked: list[list[str]] = []

    def load_all(names: Sequence[str]) -> tuple[dict[str, Loaded], list[LoadFailure]]:
        asked.append(list(names))
        return {}, []

    monkeypatch.setattr(configure, "installed_names", lambda: ("kafka", "lb", "stranger"))
    monkeypatch.setattr(configure, "load_all", load_all)
    return asked


def assemble(folder: Path, config: str) -> None:
    file = folder / "microdns.toml"
    file.write_text(config)
    configure.assemble_file(str(file))


def test_ours_without_a_section_are_not_imported(tmp_path: Path, imported: list[list[str]]) -> None:
    assemble(tmp_path, "[logging]\nlevel = 'info'\n")
    assert imported == [["stranger"]]


def test_ours_with_a_section_are_imported(tmp_path: Path, imported: list[list[str]]) -> None:
    assemble(tmp_path, "[dns.loadbalancer]\nenabled = false\n")
    assert imported[0] == ["lb", "stranger"]


def test_all_are_imported_before_anything_is_called_unknown(
    tmp_path: Path, imported: list[list[str]]
) -> None:
    with pytest.raises(ConfigError, match="unknown section"):
        assemble(tmp_path, "[databse]\npath = 'x'\n")
    assert imported == [["stranger"], ["kafka", "lb", "stranger"]]
