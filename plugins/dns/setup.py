"""Builds the compiled engine where it can be built.

Without Cython, a C compiler or the headers, the installation succeeds all the same: the Python path
serves then, and says why (``microdns_dns.engine.reason``).  MICRODNS_ENGINE=require makes a failed
build an error; MICRODNS_ENGINE=none leaves the engine out; MICRODNS_ENGINE=sanitize builds it with
AddressSanitizer and UBSan, and calls that tell what code is reached (``tests/sanitize.py``).
"""

import os
import sys
from pathlib import Path

from setuptools import Extension, setup

WANTED = os.environ.get("MICRODNS_ENGINE", "auto")
FOLDERS = [Path("src/microdns_dns/engine"), Path("src/microdns_dns/bulk")]
WARNINGS = ["-Wno-unused-function", "-Wno-unreachable-code"]
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g1", "-O1"]
COVERAGE = ["-fno-omit-frame-pointer", "-fsanitize-coverage=trace-pc"]


def extensions() -> list[Extension]:
    """One extension a module, each optional unless the engine is required."""
    if WANTED == "none" or sys.platform != "linux":
        return []
    try:
        from Cython.Build import cythonize
    except ImportError:
        if WANTED in ("require", "sanitize"):
            raise
        return []
    flags = [*SANITIZE, *COVERAGE] if WANTED == "sanitize" else ["-O3", "-fno-strict-aliasing"]
    links = SANITIZE[:1] if WANTED == "sanitize" else []
    found = [
        Extension(
            f"microdns_dns.{source.parent.name}.{source.stem}",
            [str(source)],
            extra_compile_args=[*flags, *WARNINGS],
            extra_link_args=links,
        )
        for folder in FOLDERS
        for source in sorted(folder.glob("*.pyx"))
    ]
    made: list[Extension] = cythonize(
        found,
        include_path=["src"],
        build_dir=os.environ.get("MICRODNS_ENGINE_BUILD", "build/engine"),
        compiler_directives={"language_level": 3, "freethreading_compatible": False},
        force=WANTED == "sanitize",
        quiet=True,
    )
    for extension in made:  # cythonize makes new ones, which forget it
        extension.optional = WANTED == "auto"
    return made


setup(ext_modules=extensions())
