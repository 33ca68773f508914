"""The engine built with AddressSanitizer and UBSan, its tests, and guided fuzzing on it.

``python -m tests.sanitize`` builds it apart from the checkout's own, runs the tests of the engine
and of its packet cache, and fuzzes each target for ``--seconds``.  A fault ends the process that
met it, with a report of where.
"""

import argparse
import fcntl
import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
PLACE = CHECKOUT / ".cache" / "sanitize"
PACKAGE = CHECKOUT / "plugins" / "dns"
TARGETS = ("engine_messages", "engine_guard", "engine_images", "engine_cache", "engine_threads")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sanitize", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="fuzz each target for so long")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--targets", default=",".join(TARGETS))
    parser.add_argument("--no-tests", action="store_true", help="fuzz only")
    chosen = parser.parse_args()
    build()
    commands = [] if chosen.no_tests else [suite()]
    commands += [
        ["tests.fuzz", target, "--seconds", str(chosen.seconds), "--seed", str(chosen.seed)]
        for target in chosen.targets.split(",")
    ]
    for command in commands:
        code = run(*command)
        if code:
            return code
    return 0


def suite() -> list[str]:
    """pytest's arguments: the tests of the engine, of its packet cache, and of what looks at it."""
    tests = PACKAGE.relative_to(CHECKOUT) / "tests"
    folders = [tests / "engine", tests / "packets", tests / "test_top.py"]
    return ["pytest", "-q", "-p", "no:cacheprovider", *map(str, folders)]


def build() -> None:
    """The engine and the map of coverage, below ``PLACE``; quick when nothing changed."""
    PLACE.mkdir(parents=True, exist_ok=True)
    with (PLACE / "lock").open("w") as lock:  # workers of a test run may come at the same time
        fcntl.flock(lock, fcntl.LOCK_EX)
        build_alone()


def build_alone() -> None:
    """What ``build`` does while nobody else does it."""
    source, library = CHECKOUT / "tests" / "fuzz" / "coverage.c", PLACE / "coverage.so"
    if not library.exists() or library.stat().st_mtime < source.stat().st_mtime:
        options = ["-shared", "-fPIC", "-O2", "-o", str(library)]
        subprocess.run(["gcc", *options, str(source)], check=True)
    environment = {
        **os.environ,
        "MICRODNS_ENGINE": "sanitize",
        "MICRODNS_ENGINE_BUILD": "build/sanitize",
    }
    arguments = ["setup.py", "-q", "build", "--build-base", "build/sanitize-objects"]
    arguments += ["--build-lib", str(PLACE / "lib"), "--parallel", str(os.cpu_count() or 1)]
    subprocess.run([sys.executable, *arguments], cwd=PACKAGE, env=environment, check=True)


def run(*module_and_arguments: str) -> int:
    """Run a Python module on the sanitized engine; its exit code."""
    return subprocess.run(
        [sys.executable, "-m", *module_and_arguments], cwd=CHECKOUT, env=environment_of_runs()
    ).returncode


def environment_of_runs() -> dict[str, str]:
    """Where the sanitized engine is found first, and its libraries are there before Python's."""
    library = subprocess.run(
        ["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True
    ).stdout.strip()
    return {
        **os.environ,
        "PYTHONPATH": str(PLACE / "lib"),
        "PYTHONMALLOC": "malloc",  # so that what lies behind a bytes object is guarded
        "LD_PRELOAD": f"{Path(library).resolve()} {PLACE / 'coverage.so'}",
        # Python frees not all at its end, which is no leak of ours.
        "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1:verify_asan_link_order=0",
        "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    }


if __name__ == "__main__":
    sys.exit(main())
