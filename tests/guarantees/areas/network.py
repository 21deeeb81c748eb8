"""Workspaces and connections."""

from __future__ import annotations

from tests.guarantees.guarantee import Guarantee, Mutant

GUARANTEES: list[Guarantee] = [
    Guarantee(
        "A token is sent only to the origin that it was stored for.",
        (
            "cli/test_token.py::test_token_refuses_a_url_of_another_origin",
            "cli/test_token.py::test_token_for_refuses_another_origin",
            "precedence/test_origin.py",
        ),
        ("no check of the origin", "a token for any URL"),
    ),
]

MUTANTS: list[Mutant] = [
    Mutant(
        "no check of the origin",
        "precedence/credential.py",
        "        if Origin.of(str(address.value), address.place) != pair.origin:",
        "        if not pair.origin:",
        "tests/cli/test_token.py::test_token_refuses_a_url_of_another_origin",
        "assert",
    ),
    Mutant(
        "a token for any URL",
        "precedence/origin.py",
        "return isinstance(other, Origin) and str(self) == str(other)",
        "return isinstance(other, Origin) and str(self).endswith(other.host)",
        "tests/cli/test_token.py::test_token_for_refuses_another_origin",
        "assert",
    ),
]
