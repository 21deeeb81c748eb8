"""Scopes: what a token may do with other tokens, and may not, if it reads, issues within bounds, or manages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from arka_config import timestamps
from arka_config.arka import app
from arka_config.errors import NotPermitted
from arka_config.secret import Secret
from arka_config.workspace.client.client import WorkspaceClient
from arka_config.workspace.client.connection import Connection
from arka_config.workspace.server.issuing import Bounds
from tests.workspace.server.clients import ANN, BOB, MANAGE, TOKENS_PAGE, Api, Browser

if TYPE_CHECKING:
    import httpx

    from arka_config.workspace.server.serving import RunningWorkspace

BOUNDS = Bounds("ci-*", timedelta(hours=1), 3)
OUTSIDE = "/problems/outside-bounds"


def in_minutes(minutes: float) -> str:
    return timestamps.to_text(datetime.now(UTC) + timedelta(minutes=minutes))


@pytest.fixture
def issuer(workspace: RunningWorkspace, api: Api) -> str:
    """A token of Ann's that may issue three tokens `ci-*` for an hour each. Ann has another token too."""
    return workspace.issue(ANN, "Build farm", bounds=BOUNDS).secret.reveal()


def issue(api: Api, issuer: str, label: str = "ci-1", minutes: float = 30, **more: Any) -> httpx.Response:
    return api.post("tokens", token=issuer, json={"label": label, "expires": in_minutes(minutes), **more})


def labels_of(api: Api, token: str) -> list[str]:
    return sorted(each["label"] for each in api.get("tokens", token=token).json()["tokens"])


def test_issuer_creates_tokens_within_its_bounds(api: Api, issuer: str) -> None:
    response = issue(api, issuer)
    assert response.status_code == 201
    assert api.accepts(response.json()["token"])
    assert issue(api, issuer, "ci-read", scopes=["read"]).json()["details"]["scopes"] == ["read"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"label": "prod-1"}, "the label must match ci-*"),
        ({"label": "CI-1"}, "the label must match"),
        ({"expires": None}, "must expire within 1h"),
        ({"expires": in_minutes(90)}, "must expire within 1h"),
        ({"scopes": [MANAGE]}, "may not manage or issue tokens"),
        ({"issue": {"label": "*", "max_lifetime": 3600, "max_tokens": 9}}, "may not manage or issue tokens"),
    ],
    ids=["label", "case", "never", "lifetime", "scope", "bounds"],
)
def test_issuer_creates_nothing_outside_its_bounds(api: Api, issuer: str, body: dict[str, object], reason: str) -> None:
    response = api.post("tokens", token=issuer, json={"label": "ci-1", "expires": in_minutes(30), **body})
    assert (response.status_code, response.json()["type"]) == (403, OUTSIDE)
    assert reason in response.json()["detail"]
    assert labels_of(api, issuer) == []


def test_longest_lifetime_is_counted_by_the_server_s_clock(api: Api, issuer: str) -> None:
    """If a client's clock is ahead, it asks for a little more, and gets what the bound allows."""
    response = issue(api, issuer, minutes=60.5)
    expires = timestamps.parse(response.json()["details"]["expires"])
    assert expires <= datetime.now(UTC) + timedelta(hours=1)


def test_issuer_creates_no_more_than_its_number_of_tokens(api: Api, issuer: str) -> None:
    ids = [issue(api, issuer, f"ci-{number}").json()["details"]["id"] for number in range(3)]
    refused = issue(api, issuer, "ci-4")
    assert (refused.status_code, refused.json()["type"]) == (403, OUTSIDE)
    assert api.delete(f"tokens/{ids[0]}", token=issuer).status_code == 204
    assert issue(api, issuer, "ci-4").status_code == 201


def test_rotating_an_issuer_does_not_reset_its_count(api: Api, issuer: str) -> None:
    for number in range(3):
        issue(api, issuer, f"ci-{number}")
    rotated = api.post("tokens/current/rotate", token=issuer).json()
    assert (rotated["details"]["scopes"], rotated["details"]["issue"]) == (
        ["tokens:issue"],
        {"label": "ci-*", "max_lifetime": 3600, "max_tokens": 3},
    )
    assert issue(api, rotated["token"], "ci-4").status_code == 403
    assert api.delete("tokens/current", token=issuer).status_code == 204
    assert labels_of(api, rotated["token"]) == ["ci-0", "ci-1", "ci-2"]
    assert issue(api, rotated["token"], "ci-4").status_code == 403


def test_rotating_issued_tokens_does_not_exceed_twice_the_number(api: Api, issuer: str) -> None:
    tokens = [issue(api, issuer, f"ci-{number}").json()["token"] for number in range(3)]
    for token in tokens:
        successor = api.post("tokens/current/rotate", token=token).json()["token"]
        assert api.accepts(successor)
    refused = api.post("tokens/current/rotate", token=tokens[0])
    assert (refused.status_code, refused.json()["type"]) == (403, OUTSIDE)
    assert len(labels_of(api, issuer)) == 6
    assert api.delete("tokens/current", token=tokens[0]).status_code == 204
    assert api.post("tokens/current/rotate", token=tokens[1]).status_code == 201


def test_issuer_lists_and_revokes_only_what_it_issued(workspace: RunningWorkspace, api: Api, issuer: str) -> None:
    other = workspace.issue(ANN, "ci-laptop")
    neighbour = workspace.issue(ANN, "Other farm", bounds=BOUNDS).secret.reveal()
    theirs = issue(api, neighbour, "ci-theirs").json()["details"]["id"]
    own = issue(api, issuer).json()
    assert labels_of(api, issuer) == ["ci-1"]
    for token_id in (other.token.id, theirs):
        assert api.delete(f"tokens/{token_id}", token=issuer).status_code == 404
    revoked = api.post("revocations", token=issuer, json={"label": "*"}).json()["revoked"]
    assert [each["id"] for each in revoked] == [own["details"]["id"]]
    assert api.accepts(other.secret.reveal())
    assert labels_of(api, api.token) == ["Build farm", "Manager", "Other farm", "ci-laptop", "ci-theirs"]


def test_issuer_does_not_see_the_activity(api: Api, issuer: str) -> None:
    assert api.get("activity", token=issuer).status_code == 403


def test_revoked_issuer_creates_nothing(api: Api, issuer: str) -> None:
    assert api.delete("tokens/current", token=issuer).status_code == 204
    assert issue(api, issuer).status_code == 401


def test_read_token_lists_and_changes_nothing(workspace: RunningWorkspace, api: Api) -> None:
    token = workspace.issue(ANN, "Monitor", ["read"]).secret.reveal()
    other = workspace.issue(ANN, "Laptop").token.id
    assert labels_of(api, token) == ["Laptop", "Manager", "Monitor"]
    assert issue(api, token).status_code == 403
    assert api.delete(f"tokens/{other}", token=token).status_code == 403
    assert api.post("revocations", token=token, json={"label": "*"}).status_code == 403
    assert len(labels_of(api, token)) == 3


def test_only_manage_all_may_manage_another_user_s_tokens(workspace: RunningWorkspace, api: Api) -> None:
    workspace.add_user(BOB, "pro")
    workspace.issue(BOB, "Bob's")
    refused = api.get("tokens", params={"user": BOB})
    assert (refused.status_code, "tokens:manage-all" in refused.headers["WWW-Authenticate"]) == (403, True)
    assert api.post("revocations", json={"user": BOB, "label": "*"}).status_code == 403
    operator = workspace.issue(ANN, "Operator", ["tokens:manage-all"]).secret.reveal()
    page = api.get("tokens", params={"user": BOB}, token=operator).json()
    assert ([each["label"] for each in page["tokens"]], page["user"]) == (["Bob's"], BOB)
    assert issue(api, operator).status_code == 403
    revoked = api.post("revocations", json={"user": BOB, "label": "*"}, token=operator).json()["revoked"]
    assert [each["label"] for each in revoked] == ["Bob's"]
    assert api.get("tokens", params={"user": "no@example.com\x00"}, token=operator).json()["tokens"] == []


@pytest.mark.parametrize("scope", ["tokens:manage-all", "tokens:issue"])
def test_api_gives_no_scope_without_its_conditions(api: Api, scope: str) -> None:
    assert api.post("tokens", json={"label": "x", "scopes": [scope]}).status_code == 422


@pytest.mark.parametrize(
    "change",
    [
        {"label": ""},
        {"label": "a\x00"},
        {"label": "x" * 101},
        {"max_lifetime": 299},
        {"max_tokens": 0},
        {"max_tokens": None},
    ],
)
def test_invalid_bounds_create_nothing(api: Api, change: dict[str, object]) -> None:
    bounds = {"label": "ci-*", "max_lifetime": 3600, "max_tokens": 5, **change}
    response = api.post("tokens", json={"label": "x", "issue": bounds})
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, f"issue.{next(iter(change))}")


def test_refusal_is_explained_and_is_not_about_the_plan(workspace: RunningWorkspace, issuer: str) -> None:
    client = WorkspaceClient(app, workspace.url, Secret(issuer), Connection())
    with pytest.raises(NotPermitted) as caught:
        client.create("prod-1", expires=in_minutes(5))
    assert "the label must match ci-*" in caught.value.message
    assert "Pro" not in caught.value.message + caught.value.hint


def test_page_creates_and_shows_tokens_with_scopes(workspace: RunningWorkspace, api: Api) -> None:
    with Browser(workspace).sign_in() as browser:
        fields = {"label": "Farm", "expiry": "1h", "access": "issue"}
        bounds = {"issue_label": "ci-*", "issue_lifetime": "1h", "issue_count": "50"}
        for broken in ({}, bounds | {"issue_count": "many"}, bounds | {"issue_lifetime": "1s"}):
            assert browser.send(TOKENS_PAGE, fields | broken).status_code == 422
        assert "may issue 50 tokens like <bdi>ci-*</bdi>" in browser.send(TOKENS_PAGE, fields | bounds).text
        assert "read only" in browser.send(TOKENS_PAGE, {"label": "M", "expiry": "5m", "access": "read"}).text
    listed = {each["label"]: each for each in api.get("tokens").json()["tokens"]}
    assert listed["Farm"]["issue"] == {"label": "ci-*", "max_lifetime": 3600, "max_tokens": 50}
    lifetime = timestamps.parse(listed["M"]["expires"]) - timestamps.parse(listed["M"]["created"])
    assert timedelta(minutes=4) < lifetime <= timedelta(minutes=5)


def test_service_account_has_tokens_and_cannot_sign_in(workspace: RunningWorkspace, api: Api) -> None:
    account, is_new = workspace.workspace.add_service_account("Build-Farm ", "pro")
    assert (account.email, account.is_service, is_new) == ("build-farm", True, True)
    assert workspace.workspace.add_service_account("build-farm")[1] is False
    token = workspace.issue("build-farm", "deploy").secret.reveal()
    assert api.get("me", token=token).json()["user"]["email"] == "build-farm"
    with pytest.raises(Exception, match="is a service account, which cannot sign in"):
        workspace.workspace.create_link("build-farm")
    for name in ("ann@example.com", "", "-x", "x" * 64, "a b"):
        with pytest.raises(Exception, match="not a name for a service account"):
            workspace.workspace.add_service_account(name)
