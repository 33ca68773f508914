"""Write the lock files: every package that a checkout or an installation needs, with hashes.

``runtime.txt``: what all our distributions need.  ``development.txt``: that, and what building,
checking, testing and documenting need.  ``bootstrap.txt``: uv alone, for pip to fetch.

They are requirements files that name no index and no address, so they work with any mirror.  What
is pinned stays pinned; ``--upgrade`` looks for newer versions.
"""

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent
REQUIREMENTS = Path("packaging/requirements")


def main() -> None:
    projects = sorted(
        str(file.relative_to(CHECKOUT))
        for pattern in ("core", "plugins/*", "packaging/server")
        for file in CHECKOUT.glob(f"{pattern}/pyproject.toml")
    )
    declared = {project: load(project) for project in projects}
    own = [content["project"]["name"] for content in declared.values()]
    tests = [
        f"--group={project}:test"
        for project, content in declared.items()
        if "test" in content.get("dependency-groups", {})
    ]
    compile_into("bootstrap.txt", ["--group=pyproject.toml:bootstrap"], [])
    compile_into("development.txt", [*projects, "--group=pyproject.toml:development", *tests], own)
    # Constrained, so that tests run with what users get.
    constraints = f"--constraints={REQUIREMENTS / 'development.txt'}"
    compile_into("runtime.txt", [*projects, constraints], own)


def load(project: str) -> dict[str, Any]:
    return tomllib.loads((CHECKOUT / project).read_text())


def compile_into(name: str, sources: list[str], own: list[str]) -> None:
    """Resolve ``sources`` for every platform and Python from 3.11, into a file of the lock.

    ``own`` are the names of our distributions, which the lock leaves out.
    """
    target = REQUIREMENTS / name
    (CHECKOUT / target).touch()
    command = [
        *(".venv/bin/uv", "pip", "compile", "-q", "--universal", "--python-version=3.11"),
        *("--generate-hashes", "--no-annotate", "--custom-compile-command=make lock"),
        *(f"--no-emit-package={package}" for package in own),
        *sources,
        *("-o", str(target), *sys.argv[1:]),
    ]
    done = subprocess.run(
        command,
        cwd=CHECKOUT,
        env={**os.environ, "UV_PYTHON_DOWNLOADS": "never"},
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"uv could not resolve {name} (its messages are above)")
    keep_requirements(CHECKOUT / target)


def keep_requirements(target: Path) -> None:
    """Drop uv's closing comment about packages left out: they are ours, and not news."""
    text, _, _ = target.read_text().partition("\n# The following packages were excluded")
    target.write_text(text.rstrip("\n") + "\n")


if __name__ == "__main__":
    main()
