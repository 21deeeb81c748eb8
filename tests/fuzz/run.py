"""`make fuzz`: fuzz every reader of untrusted input.

    python -m tests.fuzz.run SECONDS [READER…] [--by-coverage | --by-chance]

If atheris is installed, it selects inputs by the code that they reach; otherwise they are random. An input
that fails is written to `fuzz-failures/READER-…`. When the bug is fixed, add it to the corpus. Each reader runs in a
process of its own, with at most a gigabyte of memory and five seconds for an input.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import resource
import signal
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
SEED = os.environ.get("FUZZ_SEED")  # a number that makes a run repeatable


class Hang(Exception):
    """A reader took too long."""


def by_chance(reader: str, seconds: float) -> int:
    """Try random inputs and return how many."""
    from tests.fuzz import readers

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, _raise_hang)
    readers.home()
    corpus = mutation.read_corpus(reader)
    rng = random.Random(SEED)
    ends, tried = time.monotonic() + seconds, 0
    while time.monotonic() < ends:
        content = mutation.mutate(rng.choice(corpus), rng, corpus)
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        try:
            readers.is_accepted(reader, content)
        except BaseException:
            _save(reader, content)
            raise
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        tried += 1
    return tried


def _raise_hang(*_: object) -> None:
    raise Hang


def _save(reader: str, content: bytes) -> None:
    FAILURES.mkdir(exist_ok=True)
    path = FAILURES / f"{reader}-{hashlib.sha256(content).hexdigest()[:12]}"
    path.write_bytes(content)
    traceback.print_exc()
    print(f"{reader}: failed on {path}")


def by_coverage(reader: str, seconds: float) -> int:
    """Try inputs from atheris. It exits this process and prints their number."""
    from tests.fuzz import readers

    atheris = import_module("atheris")  # has no types, and is optional
    readers.home()
    generated = tempfile.mkdtemp(dir=readers.FOLDER)
    options = [f"-max_total_time={seconds:g}", f"-timeout={PATIENCE}", f"-rss_limit_mb={MEMORY >> 20}"]
    if SEED:
        options.append(f"-seed={SEED}")
    options += [f"-max_len={mutation.LARGEST}", f"-artifact_prefix={FAILURES}/{reader}-", "-print_final_stats=1"]
    FAILURES.mkdir(exist_ok=True)
    atheris.Setup(
        [sys.argv[0], *options, generated, str(mutation.CORPUS / reader)],
        lambda content: readers.is_accepted(reader, content) and None,
    )
    atheris.Fuzz()
    return 0


def import_readers(way: str) -> None:
    """Import the readers once, before the forks; for atheris, with code that reports what an input reaches."""
    if way == "--by-coverage":
        atheris = import_module("atheris")
        with atheris.instrument_imports(include=["arka_config", "tomllib", "tomlkit"], enable_loader_override=False):
            import_module("tests.fuzz.readers")
    import_module("tests.fuzz.readers")


def fuzz_in_fork(reader: str, seconds: float, way: str) -> tuple[int, str]:
    """Fuzz one reader in its own process. Return the number of inputs, and the output if it failed."""
    from tests.fuzz import readers

    with tempfile.TemporaryDirectory(dir=readers.FOLDER) as folder, tempfile.TemporaryFile() as file:
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            readers.FOLDER = folder  # atheris ends the process without removing the home
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
            print(f"tried {WAYS[way](reader, seconds)}", flush=True)
            sys.exit()  # not os._exit: libFuzzer writes an input that fails when the process exits
        _, status = os.waitpid(child, 0)
        file.seek(0)
        output = file.read().decode("utf-8", "replace")
    tried = re.search(r"(?:number_of_executed_units: |tried )(\d+)", output)
    return int(tried[1]) if tried else 0, output if status or tried is None else ""


WAYS = {"--by-chance": by_chance, "--by-coverage": by_coverage}


def main(arguments: list[str]) -> int:
    """Fuzz, print the results, and return the exit code."""
    seconds, *names = [word for word in arguments if word[:2] != "--"]
    best = "--by-coverage" if find_spec("atheris") else "--by-chance"
    way = next((word for word in arguments if word in WAYS), best)
    names = names or sorted(path.name for path in mutation.CORPUS.iterdir())
    print(f"{len(names)} readers, {float(seconds):g} s each, {way[2:].replace('-', ' ')}")
    import_readers(way)
    failed = []
    for name in names:
        tried, failure = fuzz_in_fork(name, float(seconds), way)
        print(f"  {name:14} {tried:10,} inputs{'  FAILED' if failure else ''}", flush=True)
        if failure:
            print(failure[-4000:])
            failed.append(name)
        numbers.record(way[5:], name, str(tried))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
