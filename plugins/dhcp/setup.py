"""Compiles what a packet passes, where that can be done.

A module is compiled if a ``.pxd`` file lies beside it, which gives the types of its classes and
functions; the module itself stays what it is, and serves uncompiled just as well.  So without
Cython, a C compiler or the headers, the installation succeeds all the same.
MICRODNS_ENGINE=require makes a failed build an error; MICRODNS_ENGINE=none compiles nothing.

Packages that are compiled in this way have this same file, since each is built by itself.
"""

import os
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import BaseError, CCompilerError

WANTED = os.environ.get("MICRODNS_ENGINE", "auto")
SOURCES = Path("src")
FLAGS = ["-O1", "-g0", "-fno-strict-aliasing", "-Wno-unused-function", "-Wno-unreachable-code"]
"""``-O1``: most of what is left are calls of Python's own functions, so that code made with more
effort is no faster, and takes twice as long to make."""


class AllOrNone(build_ext):
    """The modules know each other's structs: all of a package are compiled, or none."""

    def run(self) -> None:
        try:
            super().run()
        except (BaseError, CCompilerError) as error:
            if WANTED == "require":
                raise
            self.warn(f"nothing is compiled: {error}")
            for extension in self.extensions:
                Path(self.get_ext_fullpath(extension.name)).unlink(missing_ok=True)
            self.extensions.clear()


def extensions() -> list[Extension]:
    """One extension a module that has types beside it."""
    if WANTED == "none" or sys.platform != "linux":
        return []
    try:
        from Cython.Build import cythonize
    except ImportError:
        if WANTED == "require":
            raise
        return []
    modules = [types.with_suffix(".py") for types in sorted(SOURCES.rglob("*.pxd"))]
    found = [
        Extension(
            ".".join(module.relative_to(SOURCES).with_suffix("").parts),
            [str(module)],
            extra_compile_args=FLAGS,
        )
        for module in modules
    ]
    made: list[Extension] = cythonize(
        found,
        include_path=[str(SOURCES)],
        build_dir="build/compiled",
        compiler_directives={
            "language_level": 3,
            "annotation_typing": False,  # the types beside the module count, and they alone
            "nonecheck": True,  # what is None raises AttributeError, as it would uncompiled
            "freethreading_compatible": False,
        },
        quiet=True,
    )
    return made


setup(ext_modules=extensions(), cmdclass={"build_ext": AllOrNone})
