"""The documentation can be built, is complete, and fetches nothing from elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.repository.tree import CHECKOUT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; every warning (a dead link, a page in no menu) is an error."""
    target = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(target)]
    done = subprocess.run(
        command,
        cwd=CHECKOUT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return target


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    loaded = re.compile(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"?(https?:)?//")
    hits = [file.name for file in site.rglob("*.html") if loaded.search(file.read_text())]
    assert not hits


def test_every_command_and_every_section_has_its_place(site: Path) -> None:
    commands = (site / "commands.html").read_text()
    for command in ("microdns run", "microdns check", "microdns status"):
        assert command in commands
    configuration = (site / "configuration.html").read_text()
    for section in ("[instance]", "[database]", "[logging]", "[dns.auth]", "[metrics]"):
        assert section in configuration


def test_the_page_on_plugins_shows_the_tutorials_code(site: Path) -> None:
    text = re.sub(r"<[^>]+>", "", (site / "writing-a-plugin.html").read_text())
    for code in ("class NotesPlugin", "class NotesConfig", "async def test_", "microdns.plugins"):
        assert code in text
    assert not re.search(r"--8 ?(?:&lt;|<)", text)
