"""Tests and builds."""

from __future__ import annotations

from tests.guarantees.guarantee import Guarantee, Mutant

GUARANTEES: list[Guarantee] = [
    Guarantee(
        "These tests fail if one of the safeguards is removed.",
        ("guarantees/test_mutants.py",),
    ),
    Guarantee("The versions that CI installs are pinned by hash.", ("test_project.py",)),
]

MUTANTS: list[Mutant] = []
