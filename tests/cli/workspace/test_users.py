"""`workspace list-users`, `set-plan`, `remove-user` and `sign-in-link`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.program import arka

ANN, BOB = "ann@example.com", "bob@example.com"


@pytest.fixture(autouse=True)
def users(home: Path) -> None:
    """A workspace's database with two users."""
    for email, plan in ((BOB, "free"), (ANN, "pro")):
        assert arka("workspace", "add-user", email, "--plan", plan).code == 0


def plans() -> dict[str, str]:
    return {each["email"]: each["plan"] for each in arka("workspace", "list-users", "--json").json["users"]}


def test_list_users_shows_each_user_with_plan_and_tokens() -> None:
    header, ann, bob = arka("workspace", "list-users").out.splitlines()
    assert header.split() == ["EMAIL", "PLAN", "TOKENS", "ADDED", "ID"]
    assert ann.split()[:3] == [ANN, "pro", "0"]
    assert bob.split()[:3] == [BOB, "free", "0"]
    (document, _) = arka("workspace", "list-users", "--json").json["users"]
    assert sorted(document) == ["created", "email", "id", "plan", "service", "tokens"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", document["created"])


def test_list_users_of_an_empty_workspace_names_the_next_command(tmp_path: Path) -> None:
    done = arka("workspace", "list-users", "--database-url", f"sqlite:///{tmp_path / 'other.db'}")
    assert (done.code, done.out) == (0, "")
    assert "arka workspace add-user EMAIL --plan pro" in done.err


def test_add_user_on_the_free_plan_says_that_tokens_do_not_work() -> None:
    done = arka("workspace", "add-user", BOB)
    assert f"Tokens work only on the pro plan: arka workspace set-plan {BOB} pro" in done.err
    assert "set-plan" not in arka("workspace", "add-user", ANN).err


def test_set_plan_changes_one_user() -> None:
    done = arka("workspace", "set-plan", "BOB@example.com", "pro")
    assert (done.code, done.err) == (0, f"✓ {BOB} is on the pro plan\n")
    assert plans() == {ANN: "pro", BOB: "pro"}
    document = arka("workspace", "set-plan", BOB, "free", "--json").json
    assert (document["email"], document["plan"]) == (BOB, "free")
    assert arka("workspace", "set-plan", BOB, "gold").code == 2


def test_remove_user_asks_first() -> None:
    refused = arka("workspace", "remove-user", BOB, "--no-input")
    assert (refused.code, "--yes" in refused.err, BOB in plans()) == (2, True, True)
    done = arka("workspace", "remove-user", BOB, "--yes")
    assert (done.code, done.err) == (0, f"✓ Removed {BOB} and revoked 0 tokens\n")
    assert plans() == {ANN: "pro"}
    assert arka("workspace", "remove-user", ANN, "--yes", "--json").json["revoked"] == 0


def test_sign_in_link_prints_only_the_link() -> None:
    done = arka("workspace", "sign-in-link", BOB, "--url", "https://tokens.example.com")
    assert re.fullmatch(r"https://tokens\.example\.com/sign-in#[\w-]{43}\n", done.out)
    assert sorted(arka("workspace", "sign-in-link", BOB, "--json").json) == ["email", "expires", "id", "link", "plan"]
    assert plans() == {ANN: "pro", BOB: "free"}


def test_cleanup_needs_an_age_and_reports_what_it_deleted() -> None:
    done = arka("workspace", "cleanup")
    assert (done.code, done.err.splitlines()[1]) == (2, "hint: --keep-expired 90d, --keep-audit 400d, or both")
    assert arka("workspace", "cleanup", "--keep-audit", "soon").code == 2
    done = arka("workspace", "cleanup", "--keep-expired", "90d", "--keep-audit", "400d")
    assert (done.code, done.err) == (0, "✓ Deleted 0 expired tokens and 0 audit entries\n")
    assert arka("workspace", "cleanup", "--keep-audit", "0d", "--json").json == {"tokens": 0, "entries": 4}


@pytest.mark.parametrize("line", ["set-plan {} pro", "remove-user {} --yes", "sign-in-link {}"])
def test_unknown_user_is_an_error_that_names_the_list(line: str) -> None:
    done = arka("workspace", *line.format("eve@example.com").split())
    assert (done.code, done.err) == (
        1,
        "error: the workspace has no user eve@example.com\nhint: arka workspace list-users\n",
    )
