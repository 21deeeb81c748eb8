"""Templates and token references."""

from __future__ import annotations

from tests.guarantees.guarantee import Guarantee, Mutant

GUARANTEES: list[Guarantee] = []

MUTANTS: list[Mutant] = []
