"""The API operations that create, list, rotate and revoke tokens."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from arka_config import timestamps
from arka_config.workspace.server.tables import Token
from arka_config.workspace.server.workspace import Workspace
from tests.workspace.server.clients import ANN, BOB, MANAGE, PROBLEM, Api

if TYPE_CHECKING:
    from arka_config.workspace.server.serving import RunningWorkspace

ID = re.compile(r"tok_[A-Za-z0-9_-]{22}")


def days_from_now(days: float) -> str:
    return timestamps.to_text(datetime.now(UTC) + timedelta(days=days))


def list_labels(api: Api, **query: Any) -> list[str]:
    return [token["label"] for token in api.get("tokens", params=query).json()["tokens"]]


def test_created_token_works_and_is_returned_once(api: Api) -> None:
    created = api.post("tokens", json={"label": "CI/CD Pipeline", "expires": "2999-12-31T23:59:59+02:00"})
    assert created.status_code == 201
    token, details = created.json()["token"], created.json()["details"]
    times, use = {"created", "expires", "last_used"}, {"last_used_address", "last_used_client"}
    assert set(details) == {"id", "label", "last_four", "scopes", "issue"} | times | use
    assert ID.fullmatch(details["id"])
    assert (details["label"], details["last_four"], details["scopes"]) == ("CI/CD Pipeline", token[-4:], [])
    assert (details["expires"], details["last_used"]) == ("2999-12-31T21:59:59Z", None)
    assert timestamps.parse(details["created"]) <= datetime.now(UTC)
    listing = api.get("tokens")
    assert any(details.items() <= listed.items() for listed in listing.json()["tokens"])
    assert token not in listing.text
    assert api.accepts(token)


def test_ids_are_random(api: Api) -> None:
    ids = [api.post("tokens", json={"label": "x"}).json()["details"]["id"] for _ in range(20)]
    assert len(set(ids)) == 20
    assert all(ID.fullmatch(id_) for id_ in ids)  # 128 random bits in 22 characters
    assert len({id_[4:12] for id_ in ids}) == 20


@pytest.mark.parametrize("scopes", [[], [MANAGE], [MANAGE, MANAGE]])
def test_manage_scope_allows_listing(api: Api, scopes: list[str]) -> None:
    token = api.post("tokens", json={"label": "x", "scopes": scopes}).json()["token"]
    assert api.get("tokens", token=token).status_code == (200 if scopes else 403)
    assert api.get("me", token=token).json()["token"]["scopes"] == sorted(set(scopes))


@pytest.mark.parametrize(
    "label", ["x", "Ann's laptop", "<script>alert(1)</script>", "日本語 📱", "x" * 100, "a\u00a0b"]
)
def test_label_is_returned_unchanged(api: Api, label: str) -> None:
    created = api.post("tokens", json={"label": label})
    assert (created.status_code, created.json()["details"]["label"]) == (201, label)
    assert list_labels(api)[0] == label


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "label"),
        ({"label": ""}, "label"),
        ({"label": "  "}, "label"),
        ({"label": "x" * 101}, "label"),
        ({"label": 7}, "label"),
        ({"label": None}, "label"),
        ({"label": "x", "expires": "2001-01-01T00:00:00Z"}, "expires"),
        ({"label": "x", "expires": "tomorrow"}, "expires"),
        ({"label": "x", "expires": "2999-01-01"}, "expires"),
        ({"label": "x", "expires": "2999-01-01T00:00:00"}, "expires"),
        ({"label": "x", "expires": 32503680000}, "expires"),
        ({"label": "x", "expires": "9999-12-31T23:59:59-23:59"}, "expires"),
        ({"label": "x", "expires": "2999-02-30T00:00:00Z"}, "expires"),
        ({"label": "x", "scopes": ["admin"]}, "scopes.0"),
        ({"label": "x", "scopes": MANAGE}, "scopes"),
        ({"label": "x", "scopes": [MANAGE] * 11}, "scopes"),
        ({"label": "x", "user": "usr_1"}, "body"),
    ],
)
def test_invalid_body_is_reported_by_field(api: Api, body: dict[str, object], field: str) -> None:
    response = api.post("tokens", json=body)
    assert (response.status_code, response.headers["content-type"]) == (422, PROBLEM)
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert list_labels(api) == ["Manager"]


def test_expiry_in_the_current_second_is_rejected(api: Api) -> None:
    response = api.post("tokens", json={"label": "x", "expires": timestamps.to_text(datetime.now(UTC))})
    assert response.status_code == 422


def test_pagination_has_no_gaps_or_repetitions(workspace: RunningWorkspace, api: Api) -> None:
    labels = [f"number {number}" for number in range(23)]
    for label in labels:
        workspace.issue(ANN, label)
    workspace.add_user(BOB, "pro")
    workspace.issue(BOB, "Bob's")
    listed: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(10):
        page = api.get("tokens", params={"limit": 5, **cursor}).json()
        listed += [token["label"] for token in page["tokens"]]
        workspace.issue(ANN, "newer")  # it comes before the tokens already listed
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert listed == [*reversed(labels), "Manager"]


def test_pagination_orders_equal_timestamps_by_id(workspace: RunningWorkspace, api: Api) -> None:
    for number in range(6):
        workspace.issue(ANN, f"number {number}")
    with workspace.workspace.database.write() as session:
        session.execute(update(Token).values(created=datetime(2026, 3, 29, 1, 30, 0, 123456, UTC)))
        ids = sorted(session.scalars(select(Token.id)), reverse=True)
    listed: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = api.get("tokens", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        listed += [token["id"] for token in page["tokens"]]
        cursor = page["next_cursor"]
    assert listed == ids


def test_cursor_does_not_reach_another_user_s_tokens(workspace: RunningWorkspace, api: Api) -> None:
    workspace.issue(ANN, "x")
    cursor = api.get("tokens", params={"limit": 1}).json()["next_cursor"]
    workspace.add_user(BOB, "pro")
    token = workspace.issue(BOB, "Bob's", [MANAGE]).secret.reveal()
    assert [found["label"] for found in api.get("tokens", token=token).json()["tokens"]] == ["Bob's"]
    assert api.get("tokens", params={"cursor": cursor}, token=token).json()["tokens"] == []


@pytest.mark.parametrize("change", ["{}=", "{}\n", " {}", "+{}"])
def test_cursor_of_another_spelling_is_rejected(workspace: RunningWorkspace, api: Api, change: str) -> None:
    workspace.issue(ANN, "x")
    cursor = api.get("tokens", params={"limit": 1}).json()["next_cursor"]
    other = change.format(cursor)
    if change == "+{}":  # the same number, written with a sign
        content = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        other = base64.urlsafe_b64encode(b"+" + content).decode().rstrip("=")
    assert api.get("tokens", params={"cursor": other}).status_code == 422


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 1001}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": ""}, "cursor"),
        ({"cursor": "MSB4"}, "cursor"),
        ({"cursor": "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTkgdG9rX3h4eHh4eHh4eHh4eHh4eHh4eHh4eHg"}, "cursor"),
        ({"cursor": "é\x00"}, "cursor"),
        ({"cursor": "x" * 81}, "cursor"),
    ],
)
def test_invalid_pagination_is_reported(api: Api, query: dict[str, object], field: str) -> None:
    response = api.get("tokens", params=query)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_revocation_is_immediate_and_final(workspace: RunningWorkspace, api: Api, database_url: str) -> None:
    issued = workspace.issue(ANN, "Lost phone")
    token = issued.secret.reveal()
    other = Workspace.open(workspace.workspace.app, database_url)  # like another worker
    assert api.accepts(token)
    assert api.delete(f"tokens/{issued.token.id}").status_code == 204
    assert not api.accepts(token)
    with other.database.read() as session:
        assert session.get(Token, issued.token.id) is None
    other.close()
    again = api.delete(f"tokens/{issued.token.id}")
    assert (again.status_code, again.json()["type"]) == (404, "/problems/not-found")
    assert not api.accepts(token)


def test_token_can_revoke_itself_once(workspace: RunningWorkspace, api: Api) -> None:
    for last in ("current", workspace.issue(ANN, "by id")):
        issued = workspace.issue(ANN, "x") if isinstance(last, str) else last
        path = last if isinstance(last, str) else issued.token.id
        assert api.delete(f"tokens/{path}", token=issued.secret.reveal()).status_code == 204
        assert api.delete(f"tokens/{path}", token=issued.secret.reveal()).status_code == 401


@pytest.mark.parametrize("path", ["tok_" + "x" * 22, "x", "%00", "tok_%00", "%F0%9F%94%91", "me", "x" * 40])
def test_unknown_id_is_not_found(api: Api, path: str) -> None:
    assert api.delete(f"tokens/{path}").status_code == 404


def test_another_user_s_token_is_not_found(workspace: RunningWorkspace, api: Api) -> None:
    workspace.add_user(BOB, "pro")
    other = workspace.issue(BOB, "Bob's")
    existing, missing = api.delete(f"tokens/{other.token.id}"), api.delete(f"tokens/tok_{'x' * 22}")
    assert (existing.status_code, existing.content) == (missing.status_code, missing.content)
    assert api.accepts(other.secret.reveal())


def test_rotate_returns_a_successor_and_keeps_the_old_token(api: Api) -> None:
    expires = days_from_now(30)
    old = api.post("tokens", json={"label": "CI", "expires": expires, "scopes": [MANAGE]}).json()
    new = api.post("tokens/current/rotate", token=old["token"])
    assert new.status_code == 201
    details = new.json()["details"]
    assert (details["label"], details["scopes"]) == ("CI", [MANAGE])
    assert details["id"] != old["details"]["id"]
    assert details["expires"] == expires
    assert api.accepts(old["token"])
    assert api.accepts(new.json()["token"])
    assert api.delete("tokens/current", token=old["token"]).status_code == 204
    assert api.accepts(new.json()["token"])


def test_unused_successor_is_revoked_by_the_next_rotation(api: Api) -> None:
    old = api.post("tokens", json={"label": "CI"}).json()["token"]
    lost, used, new = (api.post("tokens/current/rotate", token=old).json()["token"] for _ in range(3))
    assert not api.accepts(lost)
    assert not api.accepts(used)
    assert api.accepts(new)
    after = api.post("tokens/current/rotate", token=old).json()["token"]
    assert api.accepts(new)
    assert api.accepts(after)


@pytest.mark.parametrize("scopes", [[], [MANAGE]])
def test_successor_may_expire_earlier(api: Api, scopes: list[str]) -> None:
    for lifetime in (None, days_from_now(90)):
        old = api.post("tokens", json={"label": "CI", "expires": lifetime, "scopes": scopes}).json()["token"]
        expires = days_from_now(2)
        new = api.post("tokens/current/rotate", token=old, json={"expires": expires})
        assert new.json()["details"]["expires"] == expires


@pytest.mark.parametrize("expires", [None, "2999-01-01T00:00:00Z"])
def test_only_the_manage_scope_may_extend_the_expiry(api: Api, expires: str | None) -> None:
    body = {"label": "CI", "expires": days_from_now(30)}
    old = api.post("tokens", json=body).json()["token"]
    refused = api.post("tokens/current/rotate", token=old, json={"expires": expires})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "expires")
    assert "cannot extend its own life" in refused.json()["errors"][0]["detail"]
    manager = api.post("tokens", json=body | {"scopes": [MANAGE]}).json()["token"]
    assert api.post("tokens/current/rotate", token=manager, json={"expires": expires}).status_code == 201


def test_rotations_of_an_ordinary_token_end_in_the_same_second(workspace: RunningWorkspace, api: Api) -> None:
    """However often it is rotated and whatever expiry is asked for: if that is one second later, it is refused."""
    first = workspace.issue(ANN, "CI", [], datetime.now(UTC) + timedelta(hours=1))
    assert first.token.expires is not None
    backdate(workspace, first.token.id)
    expires = timestamps.to_text(first.token.expires)
    later = timestamps.to_text(first.token.expires + timedelta(seconds=1))
    token = first.secret.reveal()
    for number in range(6):
        body = [None, {}, {"expires": expires}][number % 3]
        refused = api.post("tokens/current/rotate", token=token, json={"expires": later})
        assert refused.status_code == 422
        assert expires in refused.json()["errors"][0]["detail"]
        issued = api.post("tokens/current/rotate", token=token, json=body).json()
        assert issued["details"]["expires"] == expires
        assert (issued["details"]["label"], issued["details"]["scopes"]) == ("CI", [])
        token = issued["token"]
    assert api.get("me", token=token).json()["user"]["email"] == ANN


def backdate(workspace: RunningWorkspace, token_id: str) -> None:
    """Make a token two days old but keep its expiry: its lifetime is now longer than the rest of it."""
    with workspace.workspace.database.write() as session:
        created = datetime.now(UTC) - timedelta(days=2)
        session.execute(update(Token).where(Token.id == token_id).values(created=created))


@pytest.mark.parametrize("field", ["label", "scopes", "user", "user_id"])
def test_rotation_accepts_no_other_bound(workspace: RunningWorkspace, api: Api, field: str) -> None:
    token = workspace.issue(ANN, "CI").secret.reveal()
    value: object = [MANAGE] if field == "scopes" else "x"
    assert api.post("tokens/current/rotate", token=token, json={field: value}).status_code == 422
    assert api.post("tokens/current/rotate", token=token).json()["details"]["scopes"] == []


def test_last_datetime_is_a_valid_end(api: Api) -> None:
    old = api.post("tokens", json={"label": "CI", "expires": "9999-12-31T23:59:59Z"}).json()["token"]
    new = api.post("tokens/current/rotate", token=old)
    assert (new.status_code, new.json()["details"]["expires"]) == (201, "9999-12-31T23:59:59Z")


@pytest.mark.parametrize("body", [{"expires": "2001-01-01T00:00:00Z"}, {"expires": 7}, {"label": "other"}])
def test_invalid_rotation_creates_no_token(api: Api, body: dict[str, object]) -> None:
    assert api.post("tokens/current/rotate", json=body).status_code == 422
    assert list_labels(api) == ["Manager"]


@pytest.mark.parametrize(
    "sent", [{}, {"json": {}}, {"content": b"null", "headers": {"Content-Type": "application/json"}}]
)
def test_rotation_body_is_optional(api: Api, sent: dict[str, Any]) -> None:
    assert api.post("tokens/current/rotate", **sent).status_code == 201


# Requests without a response

KEY = "k" * 22


@pytest.mark.parametrize("path", ["tokens", "tokens/current/rotate"])
def test_request_is_withdrawn_by_its_key(workspace: RunningWorkspace, api: Api, path: str) -> None:
    sent = {"json": {"label": "CI"}} if path == "tokens" else {}
    issued = api.post(path, headers={"Idempotency-Key": KEY}, **sent).json()
    ordinary = workspace.issue(ANN, "Laptop").secret.reveal()
    withdrawn = api.delete(f"tokens/requests/{KEY}", token=ordinary)
    assert (withdrawn.status_code, withdrawn.json()) == (200, {"revoked": True})
    assert not api.accepts(issued["token"])
    assert api.delete(f"tokens/requests/{KEY}", token=ordinary).json() == {"revoked": False}


@pytest.mark.parametrize("path", ["tokens", "tokens/current/rotate"])
def test_second_request_with_a_key_issues_nothing(api: Api, path: str) -> None:
    sent: dict[str, Any] = {"json": {"label": "CI"}} if path == "tokens" else {}
    first = api.post(path, headers={"Idempotency-Key": KEY}, **sent).json()["token"]
    assert api.accepts(first)
    count = len(list_labels(api))
    again = api.post(path, headers={"Idempotency-Key": KEY}, **sent)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/already-issued")
    assert (len(list_labels(api)), api.accepts(first)) == (count, True)


def test_key_withdraws_no_token_of_another_user(workspace: RunningWorkspace, api: Api) -> None:
    issued = api.post("tokens", headers={"Idempotency-Key": KEY}, json={"label": "CI"}).json()["token"]
    workspace.add_user("eve@example.com", "pro")
    eve = workspace.issue("eve@example.com", "Eve", [MANAGE]).secret.reveal()
    assert api.delete(f"tokens/requests/{KEY}", token=eve).json() == {"revoked": False}
    assert api.accepts(issued)
    assert api.post("tokens", token=eve, headers={"Idempotency-Key": KEY}, json={"label": "Eve"}).status_code == 201


def test_short_key_is_refused(api: Api) -> None:
    refused = api.post("tokens", headers={"Idempotency-Key": "1"}, json={"label": "CI"})
    assert (refused.status_code, list_labels(api)) == (422, ["Manager"])


def test_successor_revokes_only_the_token_that_it_was_rotated_from(workspace: RunningWorkspace, api: Api) -> None:
    old = workspace.issue(ANN, "CI")
    other = workspace.issue(ANN, "Laptop")
    new = api.post("tokens/current/rotate", token=old.secret.reveal()).json()
    assert api.delete(f"tokens/{other.token.id}", token=new["token"]).status_code == 403
    assert api.delete(f"tokens/{new['details']['id']}", token=old.secret.reveal()).status_code == 403
    assert api.delete(f"tokens/{old.token.id}", token=new["token"]).status_code == 204
    assert not api.accepts(old.secret.reveal())
    assert api.accepts(new["token"])
