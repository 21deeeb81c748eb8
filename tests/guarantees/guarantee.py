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
    """A change to a file of the package, the test that catches it, and what fails in that test.

    `statement` is a part of the failing statement, in the test or in a function of its file. `error` is a part of the
    error, if it says more than the statement.
    """

    name: str
    file: str
    old: str
    new: str
    guard: str
    statement: str = ""
    error: str = ""
