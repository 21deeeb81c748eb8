"""`workspace create-token` and `add-service-account` create tokens for programs, without a browser or SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from arka_config.arka import app
from tests.cli.program import arka

if TYPE_CHECKING:
    from pathlib import Path

CREATE = ["workspace", "create-token", "--user", "build-farm", "--label", "deploy"]


@pytest.fixture(autouse=True)
def _build_farm(home: Path) -> None:
    done = arka("workspace", "add-service-account", "build-farm", "--plan", "pro")
    assert (done.code, done.out) == (0, "")
    assert "arka workspace create-token --user build-farm --label LABEL" in done.err


def test_create_token_prints_only_the_token() -> None:
    done = arka(*CREATE, "--expires", "1h")
    token = done.out.removesuffix("\n")
    assert done.code == 0
    assert token.startswith(app.new_prefix)
    assert token not in done.err
    assert "Created 'deploy' for build-farm, until " in done.err


def test_create_token_json_has_scopes_and_bounds() -> None:
    bounds = ["--issue-label", "ci-*", "--issue-lifetime", "90m", "--issue-count", "5"]
    document = arka(*CREATE, "--scope", "tokens:issue", *bounds, "--scope", "read", "--json").json
    assert document["token"].startswith(app.new_prefix)
    details = document["details"]
    assert (details["user"], details["scopes"]) == ("build-farm", ["read", "tokens:issue"])
    assert (details["expires"], details["issue"]) == (
        None,
        {"label": "ci-*", "max_lifetime": 5400, "max_tokens": 5},
    )


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--expires", "3m"], 2, "'3m' is less than 5 minutes; 3mo is three months"),
        (["--scope", "tokens:issue"], 2, "needs --issue-label, --issue-lifetime and --issue-count"),
        (["--scope", "admin"], 2, "'admin' is not one of"),
        (["--user", "nobody@example.com"], 1, "the workspace has no user nobody@example.com"),
        (["--user", "no-one"], 1, "the workspace has no user no-one"),
    ],
)
def test_create_token_fails_without_creating_one(options: list[str], code: int, message: str) -> None:
    done = arka(*CREATE, *options)
    assert (done.code, done.out, message in done.err) == (code, "", True), done.err
    assert [each["tokens"] for each in arka("workspace", "list-users", "--json").json["users"]] == [0]


def test_service_account_has_no_sign_in_link() -> None:
    done = arka("workspace", "sign-in-link", "build-farm")
    assert (done.code, done.out, "is a service account, which cannot sign in" in done.err) == (2, "", True)


def test_service_account_is_listed_changed_and_removed_by_its_name() -> None:
    (listed,) = arka("workspace", "list-users", "--json").json["users"]
    assert (listed["email"], listed["service"], listed["plan"]) == ("build-farm", True, "pro")
    assert arka("workspace", "list-users").out.splitlines()[1].endswith(" service")
    assert arka("workspace", "set-plan", "build-farm", "free").code == 0
    assert arka("workspace", "remove-user", "build-farm", "--yes").code == 0
