"""The workspace server."""

from __future__ import annotations

from tests.guarantees.guarantee import Guarantee, Mutant

GUARANTEES: list[Guarantee] = [
    Guarantee(
        "A workspace's token without `tokens:manage` cannot extend its own life: what it is rotated to ends in the "
        "same second, and has the same user and scopes.",
        ("workspace/server/test_tokens.py",),
        ("token extends its own life by rotating",),
    ),
]

MUTANTS: list[Mutant] = [
    Mutant(
        "token extends its own life by rotating",
        "workspace/server/tokens.py",
        "if expires is None or expires > old.expires:",
        "if expires is None:",
        "tests/workspace/server/test_tokens.py::test_rotations_of_an_ordinary_token_end_in_the_same_second[sqlite]",
        "201 == 422",
    ),
]
