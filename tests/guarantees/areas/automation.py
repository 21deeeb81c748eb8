"""Users, automation and many tokens of a workspace: scopes, service accounts, bulk revocation, single sign-on."""

from __future__ import annotations

from tests.guarantees.guarantee import Guarantee, Mutant

GUARANTEES: list[Guarantee] = [
    Guarantee(
        "A token with the scope `tokens:issue` creates only tokens within its bounds (label, lifetime, number), which "
        "rotation does not widen, and lists and revokes only those: it cannot revoke a fleet.",
        ("workspace/server/test_scopes.py",),
        (
            "issuer gives any label",
            "issuer gives any lifetime",
            "issuer gives any scope",
            "issuer creates any number",
            "rotation resets the count of an issuer",
            "rotation multiplies issued tokens",
            "issuer lists and revokes all tokens",
            "issuer revokes any token by id",
        ),
    ),
    Guarantee(
        "Only a token with the scope `tokens:manage-all`, which the API gives to no token, reaches the tokens of "
        "another user.",
        ("workspace/server/test_scopes.py",),
        ("any token reaches another user's tokens",),
    ),
    Guarantee(
        "A bulk revocation revokes only the user's own tokens, never all of them for a missing condition, and never "
        "the token that asks.",
        ("workspace/server/test_many_tokens.py",),
        ("bulk revocation of any user's tokens", "bulk revocation without a condition", "bulk revocation of itself"),
    ),
    Guarantee(
        "A service account cannot sign in.",
        ("workspace/server/test_scopes.py", "cli/workspace/test_create_token.py"),
        ("sign-in link for a service account",),
    ),
]

MUTANTS: list[Mutant] = [
    Mutant(
        "issuer gives any label",
        "workspace/server/issuing.py",
        "if not fnmatchcase(token.label, issuer.issue_label):",
        "if not token.label:",
        "tests/workspace/server/test_scopes.py::test_issuer_creates_nothing_outside_its_bounds[sqlite-label]",
        "KeyError: 'type'",
    ),
    Mutant(
        "issuer gives any lifetime",
        "workspace/server/issuing.py",
        "if token.expires is None or token.expires > latest + _CLOCK_SKEW:",
        "if token.expires is None:",
        "tests/workspace/server/test_scopes.py::test_issuer_creates_nothing_outside_its_bounds[sqlite-lifetime]",
        "KeyError: 'type'",
    ),
    Mutant(
        "issuer gives any scope",
        "workspace/server/issuing.py",
        "if scopes.is_powerful(token.scopes):",
        "if not scopes:",
        "tests/workspace/server/test_scopes.py::test_issuer_creates_nothing_outside_its_bounds[sqlite-scope]",
        "KeyError: 'type'",
    ),
    Mutant(
        "issuer creates any number",
        "workspace/server/issuing.py",
        "if _count(session, issuer.issue_line) >= issuer.issue_count:",
        "if issuer.issue_count == 0:",
        "tests/workspace/server/test_scopes.py::test_issuer_has_no_more_than_its_number_of_tokens[sqlite]",
        "KeyError: 'type'",
    ),
    Mutant(
        "rotation resets the count of an issuer",
        "workspace/server/issuing.py",
        "new.issue_line, new.issued_by = old.issue_line, old.issued_by",
        "new.issue_line, new.issued_by = (new.id if old.issue_line else None), old.issued_by",
        "tests/workspace/server/test_scopes.py::test_rotating_an_issuer_does_not_reset_its_count[sqlite]",
        "403",
    ),
    Mutant(
        "rotation multiplies issued tokens",
        "workspace/server/tokens.py",
        "    issuing.check_successor(session, old)\n",
        "",
        "tests/workspace/server/test_scopes.py::test_rotating_issued_tokens_does_not_exceed_twice_the_number[sqlite]",
        "KeyError: 'type'",
    ),
    Mutant(
        "issuer lists and revokes all tokens",
        "workspace/server/selection.py",
        "if self.issued_by is not None:",
        "if self.issued_by:  # never\n            pass\n        if False:",
        "tests/workspace/server/test_scopes.py::test_issuer_lists_and_revokes_only_what_it_issued[sqlite]",
        "Build farm",
    ),
    Mutant(
        "issuer revokes any token by id",
        "workspace/server/tokens.py",
        "        doomed = doomed.where(Token.issued_by == issued_by)\n",
        "        pass\n",
        "tests/workspace/server/test_scopes.py::test_issuer_lists_and_revokes_only_what_it_issued[sqlite]",
        "204 == 404",
    ),
    Mutant(
        "any token reaches another user's tokens",
        "workspace/server/api/auth.py",
        "if not self.has(MANAGE_ALL):",
        "if not self.has(MANAGE_ALL, MANAGE):",
        "tests/workspace/server/test_scopes.py::test_only_manage_all_reaches_another_user[sqlite]",
        "WWW-Authenticate",
    ),
    Mutant(
        "bulk revocation of any user's tokens",
        "workspace/server/tokens.py",
        "select(Token).where(Token.user_id == user_id, Token.id != acting_token), session",
        "select(Token).where(Token.id != acting_token), session",
        "tests/workspace/server/test_many_tokens.py::test_revocation_by_ids_ignores_unknown_ones_and_other_users[sqlite]",
        "old",
    ),
    Mutant(
        "bulk revocation without a condition",
        "workspace/server/api/schemas.py",
        'if not self.model_fields_set - {"user"}:',
        'if self.user == "?":',
        "tests/workspace/server/test_many_tokens.py::test_revocation_without_a_condition_revokes_nothing[sqlite-body0]",
        "200 == 422",
    ),
    Mutant(
        "bulk revocation of itself",
        "workspace/server/tokens.py",
        "select(Token).where(Token.user_id == user_id, Token.id != acting_token), session",
        "select(Token).where(Token.user_id == user_id), session",
        "tests/workspace/server/test_many_tokens.py::test_revocation_never_revokes_the_token_that_asks[sqlite]",
        "6 == 5|401",
    ),
    Mutant(
        "sign-in link for a service account",
        "workspace/server/accounts.py",
        "if user.is_service:",
        "if not user.email:",
        "tests/workspace/server/test_scopes.py::test_service_account_has_tokens_and_cannot_sign_in[sqlite]",
        "DID NOT RAISE",
    ),
]
