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
from collections.abc import Callable
from pathlib import Path

from tests.fuzz.coverage import Lines, news_of_coverage
from tests.fuzz.mutate import mutated
from tests.sources import use_sources

FOUND_MAX = 2_000
"""Inputs that are kept as seeds beside those that were there."""
INPUT_MAX = 4_096


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=targets())
    parser.add_argument("files", nargs="*", type=Path, help="inputs to run once")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="write inputs that reached new code here, as hex")
    parser.add_argument("--seeds", type=Path, help="more of them, such as --keep has written")
    parser.add_argument("--guided", action="store_true", help="follow which lines inputs reach")
    chosen = parser.parse_args()
    if chosen.guided:
        use_sources()
    target = importlib.import_module(f"tests.fuzz.{chosen.target}")
    if chosen.files:
        for file in chosen.files:
            target.one(file.read_bytes())
        return 0
    corpus = Path(__file__).parent / "corpus" / f"{chosen.target}.hex"
    seeds = [*target.SEEDS, *read_inputs(corpus), *read_inputs(chosen.seeds)]
    return fuzz(chosen, target.one, seeds)


def targets() -> list[str]:
    """The modules of this folder that are targets."""
    names = {file.stem for file in Path(__file__).parent.glob("*.py")}
    return sorted(names - {"__main__", "__init__", "coverage", "mutate"})


def read_inputs(file: Path | None) -> list[bytes]:
    """Inputs found earlier, one a line in hex; none where there is no such file."""
    if file is None or not file.exists():
        return []
    return [bytes.fromhex(line) for line in file.read_text().split()]


def fuzz(chosen: argparse.Namespace, one: Callable[[bytes], None], seeds: list[bytes]) -> int:
    """Run mutated seeds for so long; returns the exit code.

    Where coverage is told, an input that reaches new code becomes a seed.
    """
    source = random.Random(chosen.seed)
    news = news_of_coverage() or (Lines() if chosen.guided else None)
    seeds = list(seeds)
    found: list[bytes] = []
    for data in seeds:
        if not survives(one, data):
            return 1
    if news:
        news()
    end = time.monotonic() + chosen.seconds
    count = 0
    while time.monotonic() < end:
        data = mutated(source, seeds)
        count += 1
        if not survives(one, data):
            print(f"input {count} failed")
            return 1
        if news and news() and len(found) < FOUND_MAX and len(data) <= INPUT_MAX:
            found.append(data)
            seeds.append(data)
    if chosen.keep:
        chosen.keep.write_text("".join(f"{data.hex()}\n" for data in found))
    guided = f", {len(found)} of them reached new code" if news else ""
    print(f"{chosen.target}: {count} inputs in {chosen.seconds:g} s, none failed{guided}")
    return 0


def survives(one: Callable[[bytes], None], data: bytes) -> bool:
    """Run one input; when it fails, say how and keep it."""
    try:
        one(data)
    except Exception:
        kept = Path(tempfile.gettempdir()) / f"fuzz-{hashlib.sha256(data).hexdigest()[:12]}"
        kept.write_bytes(data)
        traceback.print_exc()
        print(f"kept in {kept}")
        return False
    return True


sys.exit(main())
