"""Every reader of what others may have written: an answer or a named error, soon, and in little memory.

The corpus in tests/fuzz/corpus holds honest files, broken ones, and whatever a fuzzer has found; inputs are bred from
it. `make fuzz` breeds more of them, for as long as one likes, and `.ci/run` has atheris breed them by what code they
reach.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz import mutation, readers, run
from tests.guarantees import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
READERS = sorted(readers.READERS)
LARGE = 1 << (20 if numbers.FULL else 17)  # bytes; a file of more than a megabyte is not read
MOST_MEMORY = 192 * LARGE  # bytes: what tomllib takes for a number of very many digits
SECONDS = os.environ.get("FUZZ_SECONDS") or ("5" if numbers.FULL else "0.5")

# What a large file can be: of one character, of one line, or of very many of them.
LARGE_ONES = {
    "zeros": b"\0" * LARGE,
    "brackets": b"[" * LARGE,
    "objects": b'{"a":' * (LARGE // 5),
    "tables": b"[a]\n" * (LARGE // 4),
    "dots": b"a." * (LARGE // 2),
    "header of dots": b"[" + b"a." * (LARGE // 2 - 1) + b"]",
    "one key": b"a" * (LARGE - 4) + b" = 1",
    "one string": b'{"version": "' + b"x" * (LARGE - 20) + b'"}',
    "one number": b"a = " + b"9" * (LARGE - 4),
    "JSON number": b'{"version": ' + b"9" * (LARGE - 20) + b"}",
    "lines": b"\n" * LARGE,
    "quotes": b'"' * LARGE,
    "backslashes": b'a = "' + b"\\" * (LARGE - 5),
    "names": b"x " * (LARGE // 2),
    "too large": b" " * ((1 << 20) + 1),
}


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """No test of a reader goes on for ever: a hang is an error, with the place where it hangs."""

    def hang(*_: object) -> None:
        raise run.Hang

    before = signal.signal(signal.SIGALRM, hang)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def handed(reader: str, content: bytes) -> bool:
    """Whether a reader takes an input. Raises Hang after some seconds."""
    signal.setitimer(signal.ITIMER_REAL, run.PATIENCE)
    try:
        return readers.one(reader, content)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


@pytest.mark.parametrize("reader", READERS)
def test_the_corpus_is_read_or_refused(reader: str) -> None:
    taken = [handed(reader, content) for content in mutation.seeds(reader)]
    assert taken, "there is no corpus"
    refusing = {"sealed-token", "data-key", "session"}  # what they take is for one machine alone
    assert any(taken) or reader in refusing, "no honest file is among it"


def test_every_reader_has_a_corpus_and_every_corpus_a_reader() -> None:
    assert sorted(path.name for path in mutation.CORPUS.iterdir()) == READERS


@pytest.mark.parametrize("reader", READERS)
@settings(max_examples=150 if numbers.FULL else 20)
@given(seed=st.integers(0, 2**64))
def test_what_is_bred_from_the_corpus_is_read_or_refused(reader: str, seed: int) -> None:
    dice = random.Random(seed)
    seeds = mutation.seeds(reader)
    for _ in range(5):
        handed(reader, mutation.mutated(dice.choice(seeds), dice, seeds))


@pytest.mark.parametrize("reader", READERS)
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_anything_is_read_or_refused(reader: str, content: bytes) -> None:
    handed(reader, content)


@pytest.mark.parametrize("reader", READERS)
def test_much_of_anything_is_read_or_refused_soon_and_in_little_memory(reader: str) -> None:
    for name, content in LARGE_ONES.items():
        tracemalloc.start()
        signal.setitimer(signal.ITIMER_REAL, 12 * run.PATIENCE)  # counting the memory takes most of it
        try:
            readers.one(reader, content)
            _, most = tracemalloc.get_traced_memory()
        except BaseException as error:
            error.add_note(f"of {name}")
            raise
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            tracemalloc.stop()
        assert most < MOST_MEMORY, f"{name}: {most >> 20} MB"
    numbers.record("large", reader, str(len(LARGE_ONES)))


@pytest.mark.slow
def test_inputs_bred_by_chance_are_read_or_refused(tmp_path: Path) -> None:
    """As `make fuzz` does where atheris is not: of two readers, and of all for as long as FUZZ_SECONDS says."""
    fuzzed(tmp_path, "chance", *([] if numbers.FULL else ["profile", "pins"]))


@pytest.mark.slow
@pytest.mark.peer("atheris")
@pytest.mark.skipif(not numbers.FULL, reason="it takes a minute: set GUARANTEES=full")
def test_inputs_bred_by_coverage_are_read_or_refused(tmp_path: Path) -> None:
    fuzzed(tmp_path, "coverage")


def fuzzed(folder: Path, way: str, *names: str) -> None:
    command = [sys.executable, "-m", "tests.fuzz.run", SECONDS, *names, f"--by-{way}"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"by {way}" in done.stdout
