"""Guarantees and mutants. Each area lists its own in `areas/`.

docs/explanation/guarantees.md is generated from them.
"""

from __future__ import annotations

from typing import NamedTuple


class Guarantee(NamedTuple):
    """A sentence, the tests that hold it, and the mutants that those tests catch."""

    text: str
    tests: tuple[str, ...]
    mutants: tuple[str, ...] = ()


class Mutant(NamedTuple):
    """A change to a file of the package, the test that catches it, and a pattern for that test's output."""

    name: str
    file: str
    old: str
    new: str
    guard: str
    output: str
