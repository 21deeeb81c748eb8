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
    Guarantee(
        "If a workspace answers `rotate` with the token that was to be replaced, it is kept and not revoked.",
        (
            "cli/test_rotate.py::test_rotate_keeps_the_token_if_the_workspace_answers_with_the_same_one",
            "cli/test_tokens.py::test_create_refuses_the_token_that_it_was_asked_with",
        ),
        ("the old token as the new one",),
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
    Mutant(
        "the old token as the new one",
        "workspace/client/client.py",
        "        if issued.token == self.token:",
        "        if issued.token is None:",
        "tests/cli/test_rotate.py::test_rotate_keeps_the_token_if_the_workspace_answers_with_the_same_one",
        "assert",
    ),
]
