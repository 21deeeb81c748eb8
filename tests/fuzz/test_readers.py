"""Every reader of untrusted input returns or raises a clear error, quickly and in little memory.

The corpus in tests/fuzz/corpus has valid files, malformed ones, and inputs that a fuzzer found. Tests mutate them.
`make fuzz` tries more inputs, and in `.ci/run` atheris selects them by the code that they reach.
"""

from __future__ import annotations

import functools
import os
import random
import signal
import subprocess
import sys
import tracemalloc
from importlib.util import find_spec
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
SECONDS = os.environ.get("FUZZ_SECONDS") or ("5" if numbers.FULL else "0.5")
LARGEST = 1 << 20  # bytes; larger files are not read
TRACED = LARGEST if numbers.FULL else 1 << 17  # bytes: tracing the memory of a larger input takes long
PATIENCE = 12 * run.PATIENCE  # seconds for a large input: if the machine is busy, most of them pass for other processes
MOST_MEMORY = 192  # bytes for each byte: tomllib needs that many if a number has very many digits


@functools.cache
def generate_large_inputs(size: int) -> dict[str, bytes]:
    """Generate large files: of one character, of one line, or of very many lines."""
    return {
        "zeros": b"\0" * size,
        "brackets": b"[" * size,
        "objects": b'{"a":' * (size // 5),
        "tables": b"[a]\n" * (size // 4),
        "dots": b"a." * (size // 2),
        "header of dots": b"[" + b"a." * (size // 2 - 1) + b"]",
        "one key": b"a" * (size - 4) + b" = 1",
        "one string": b'{"version": "' + b"x" * (size - 20) + b'"}',
        "one number": b"a = " + b"9" * (size - 4),
        "JSON number": b'{"version": ' + b"9" * (size - 20) + b"}",
        "lines": b"\n" * size,
        "quotes": b'"' * size,
        "backslashes": b'a = "' + b"\\" * (size - 5),
        "names": b"x " * (size // 2),
        "TOML keys": b"".join(b"key%07d = 1\n" % number for number in range(size // 15)),
        "TOML keys of a table": b"version = 1\n[settings]\n" + b"".join(b"k%07d = 1\n" % n for n in range(size // 14)),
        "JSON keys": b"{" + b", ".join(b'"key%07d": 1' % number for number in range(size // 17)) + b"}",
        "JSON tokens": b"{" + b", ".join(b'"%07d": "arka_"' % number for number in range(size // 20)) + b"}",
        "too large": b" " * (LARGEST + 1),
    }


@pytest.fixture(autouse=True)
def fail_on_hang() -> Iterator[None]:
    """Turn a hang into an error with a traceback."""

    def hang(*_: object) -> None:
        raise run.Hang

    before = signal.signal(signal.SIGALRM, hang)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def is_accepted(reader: str, content: bytes, seconds: float = run.PATIENCE) -> bool:
    """Pass an input to a reader and return whether it accepted it. Raises Hang if that takes too long."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return readers.is_accepted(reader, content)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


@pytest.mark.parametrize("reader", READERS)
def test_the_corpus_is_accepted_or_refused(reader: str) -> None:
    results = [is_accepted(reader, content) for content in mutation.read_corpus(reader)]
    assert results, "there is no corpus"
    refusing = {"sealed-token", "data-key", "session"}  # they accept only the files of one machine
    assert any(results) or reader in refusing, "the corpus has no valid file"


def test_every_reader_has_a_corpus_and_every_corpus_a_reader() -> None:
    assert sorted(path.name for path in mutation.CORPUS.iterdir()) == READERS


@pytest.mark.parametrize("reader", READERS)
@settings(max_examples=150 if numbers.FULL else 20)
@given(seed=st.integers(0, 2**64))
def test_mutated_inputs_are_accepted_or_refused(reader: str, seed: int) -> None:
    rng = random.Random(seed)
    corpus = mutation.read_corpus(reader)
    for _ in range(5):
        is_accepted(reader, mutation.mutate(rng.choice(corpus), rng, corpus))


@pytest.mark.parametrize("reader", READERS)
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_arbitrary_inputs_are_accepted_or_refused(reader: str, content: bytes) -> None:
    is_accepted(reader, content)


@pytest.mark.parametrize("reader", numbers.part_of(READERS, 2))
def test_large_inputs_are_accepted_or_refused_in_little_memory(reader: str) -> None:
    for name, content in generate_large_inputs(TRACED).items():
        tracemalloc.start()
        try:
            is_accepted(reader, content, PATIENCE)
            _, most = tracemalloc.get_traced_memory()
        except BaseException as error:
            error.add_note(f"input: {name}")
            raise
        finally:
            tracemalloc.stop()
        assert most < MOST_MEMORY * TRACED, f"{name}: {most >> 20} MB"


@pytest.mark.parametrize("reader", numbers.part_of(READERS, 2, first=1))
def test_the_largest_inputs_are_accepted_or_refused_quickly(reader: str) -> None:
    inputs = generate_large_inputs(LARGEST)
    for name, content in inputs.items():
        try:
            is_accepted(reader, content, PATIENCE)
        except BaseException as error:
            error.add_note(f"input: {name}")
            raise
    numbers.record("large", reader, str(len(inputs)))


@pytest.mark.slow
@pytest.mark.longest
def test_random_fuzzing_finds_no_failure(tmp_path: Path) -> None:
    """As `make fuzz` does if atheris is missing, FUZZ_SECONDS for each reader. A bounded run tries two of them."""
    every_reader = numbers.FULL and not find_spec("atheris")  # the next test uses it for all of them
    fuzz(tmp_path, "chance", *([] if every_reader else ["profile", "pins"]))


@pytest.mark.slow
@pytest.mark.longest
@pytest.mark.peer("atheris")
@pytest.mark.skipif(not numbers.FULL, reason="it takes a minute: set GUARANTEES=full")
def test_fuzzing_by_coverage_finds_no_failure(tmp_path: Path) -> None:
    fuzz(tmp_path, "coverage")


def fuzz(folder: Path, way: str, *names: str) -> None:
    command = [sys.executable, "-m", "tests.fuzz.run", SECONDS, *names, f"--by-{way}"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"by {way}" in done.stdout
