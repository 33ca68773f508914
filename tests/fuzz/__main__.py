"""Runs a fuzz target by name: ``python -m tests.fuzz config --seconds 60 --seed 7``.

A target is a module of this folder with ``SEEDS`` (inputs that are worth changing) and
``one(data)``, which raises for nothing but a defect.  Inputs are mutated seeds; one that fails is
kept in a file, and ``python -m tests.fuzz config FILE`` runs it again.
"""

import argparse
import hashlib
import importlib
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.mutate import mutated


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=targets())
    parser.add_argument("files", nargs="*", type=Path, help="inputs to run once")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    target = importlib.import_module(f"tests.fuzz.{chosen.target}")
    if chosen.files:
        for file in chosen.files:
            target.one(file.read_bytes())
        return 0
    return fuzz(target.one, target.SEEDS, chosen.seconds, random.Random(chosen.seed))


def targets() -> list[str]:
    """The modules of this folder that are targets."""
    names = {file.stem for file in Path(__file__).parent.glob("*.py")}
    return sorted(names - {"__main__", "__init__", "mutate"})


def fuzz(one: object, seeds: Sequence[bytes], seconds: float, source: random.Random) -> int:
    """Run mutated seeds for so long; returns the exit code."""
    assert callable(one)
    end = time.monotonic() + seconds
    count = 0
    while time.monotonic() < end:
        data = mutated(source, seeds)
        count += 1
        try:
            one(data)
        except Exception:
            kept = Path(tempfile.gettempdir()) / f"fuzz-{hashlib.sha256(data).hexdigest()[:12]}"
            kept.write_bytes(data)
            traceback.print_exc()
            print(f"input {count} failed; kept in {kept}")
            return 1
    print(f"{count} inputs in {seconds:g} s, none failed")
    return 0


sys.exit(main())
