"""`make fuzz`: hands made-up inputs to every reader, for as long as one likes.

    python -m tests.fuzz.run SECONDS [READER…] [--by-coverage | --by-chance]

With atheris, where it is installed, inputs are bred by what code they reach; without, they are bred by chance from the
corpus. What fails is written to `fuzz-failures/READER-…`, and belongs into the corpus once it has been mended. Each
reader runs in a process of its own, that may take a gigabyte of memory and five seconds for an input.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz import mutation
from tests.guarantees import numbers

MEMORY = 1 << 30  # bytes
PATIENCE = 5  # seconds, for one input
FAILURES = Path("fuzz-failures")
SEED = os.environ.get("FUZZ_SEED")  # a number, for a run that tries the same again


class Hang(Exception):
    """A reader takes too long."""


def by_chance(reader: str, seconds: float) -> int:
    """Bred by chance; how many were tried."""
    from tests.fuzz import readers

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, _too_long)
    readers.home()
    seeds = mutation.seeds(reader)
    dice = random.Random(SEED)
    ends, tried = time.monotonic() + seconds, 0
    while time.monotonic() < ends:
        content = mutation.mutated(dice.choice(seeds), dice, seeds)
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        try:
            readers.one(reader, content)
        except BaseException:
            _keep(reader, content)
            raise
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        tried += 1
    return tried


def _too_long(*_: object) -> None:
    raise Hang


def _keep(reader: str, content: bytes) -> None:
    FAILURES.mkdir(exist_ok=True)
    path = FAILURES / f"{reader}-{hashlib.sha256(content).hexdigest()[:12]}"
    path.write_bytes(content)
    traceback.print_exc()
    print(f"{reader}: failed on {path}")


def by_coverage(reader: str, seconds: float) -> int:
    """Bred by atheris, in this process, which it ends; how many were tried is what it says at its end."""
    atheris = import_module("atheris")  # which has no types, and is not on every machine
    with atheris.instrument_imports(include=["arka_config", "tomllib", "tomlkit"], enable_loader_override=False):
        from tests.fuzz import readers
    readers.home()
    with tempfile.TemporaryDirectory() as bred:
        options = [f"-max_total_time={seconds:g}", f"-timeout={PATIENCE}", f"-rss_limit_mb={MEMORY >> 20}"]
        if SEED:
            options.append(f"-seed={SEED}")
        options += [f"-max_len={mutation.LARGEST}", f"-artifact_prefix={FAILURES}/{reader}-", "-print_final_stats=1"]
        FAILURES.mkdir(exist_ok=True)
        atheris.Setup(
            [sys.argv[0], *options, bred, str(mutation.CORPUS / reader)],
            lambda content: readers.one(reader, content) and None,
        )
        atheris.Fuzz()
    return 0


def child(reader: str, seconds: float, way: str) -> tuple[int, str]:
    """Runs one reader in a process of its own: how many inputs it was handed, and what went wrong."""
    command = [sys.executable, "-m", "tests.fuzz.run", f"{seconds:g}", reader, "--here", way]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    said = done.stdout + done.stderr
    tried = re.search(r"(?:number_of_executed_units: |tried )(\d+)", said)
    return int(tried[1]) if tried else 0, said if done.returncode or tried is None else ""


WAYS = {"--by-chance": by_chance, "--by-coverage": by_coverage}


def main(arguments: list[str]) -> int:
    """Fuzzes, tells, and says by its exit code whether all held."""
    seconds, *names = [word for word in arguments if word[:2] != "--"]
    best = "--by-coverage" if find_spec("atheris") else "--by-chance"
    way = next((word for word in arguments if word in WAYS), best)
    if "--here" in arguments:
        print(f"tried {WAYS[way](names[0], float(seconds))}", flush=True)
        return 0
    names = names or sorted(path.name for path in mutation.CORPUS.iterdir())
    print(f"{len(names)} readers, {float(seconds):g} s each, {way[2:].replace('-', ' ')}")
    failed = []
    for name in names:
        tried, said = child(name, float(seconds), way)
        print(f"  {name:14} {tried:10,} inputs{'  FAILED' if said else ''}", flush=True)
        if said:
            print(said[-4000:])
            failed.append(name)
        numbers.record(way[5:], name, str(tried))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
