"""The tutorial's plugin, installed from a wheel like anybody's, passes its tests."""

import shutil
from pathlib import Path

from tests.environments import LOCK, build, make_environment, uv
from tests.repository.tree import CHECKOUT, core, load, tracked


def test_the_tutorials_plugin_works_beside_the_kernel_alone(tmp_path: Path) -> None:
    tutorial = load(CHECKOUT / "docs" / "tutorial")
    files = [file for file in tracked() if file.is_relative_to(tutorial.folder)]
    build(tutorial, files, tmp_path / "wheel")
    environment = make_environment(tmp_path / "environment", [core()], ["pytest"])
    (wheel,) = (tmp_path / "wheel").glob("*.whl")
    python = str(environment.python)
    uv("pip", "install", "--python", python, "--no-deps", "--constraints", str(LOCK), str(wheel))
    shutil.copytree(tutorial.folder / "tests", tmp_path / "tests")
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    done = environment.run(environment.python, "-I", "-m", "pytest", "-q", "tests", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = environment.run(environment.program("microdns"), "note", "set", "--help")
    assert "Set the note about a name." in shown.stdout
