"""Select, list and revoke many tokens: conditions, any number of pages, and bulk revocation."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, insert, select

from arka_config import timestamps
from arka_config.arka import app
from arka_config.secret import Secret
from arka_config.workspace.client.client import MAX_REVOCATION, WorkspaceClient
from arka_config.workspace.client.connection import Connection
from arka_config.workspace.client.selection import Selection
from arka_config.workspace.server import selection, tokens
from arka_config.workspace.server.serving import serve_in_thread
from arka_config.workspace.server.tables import AuditEntry, Token, new_id
from tests.workspace.server.clients import ANN, BOB, MANAGE, Api

if TYPE_CHECKING:
    from pathlib import Path

    from arka_config.workspace.server.serving import RunningWorkspace

NOW = datetime.now(UTC)
MANY = 20_150
PATTERNS = st.text("ab*?[]!-^\\.é", max_size=8)


def insert_tokens(running: RunningWorkspace, labels: list[str], **values: Any) -> None:
    """Insert Ann's tokens in one statement. They are older than all others."""
    with running.workspace.database.write() as session:
        user_id = session.scalar(select(Token.user_id))
        rows = [
            {
                "id": new_id("tok"),
                "user_id": user_id,
                "digest": os.urandom(32),
                "label": label,
                "last_four": "0000",
                "scopes": "",
                "created": NOW - timedelta(days=400, seconds=number),
                **values,
            }
            for number, label in enumerate(labels)
        ]
        session.execute(insert(Token), rows)


def labels_of(response: Any) -> list[str]:
    return [each["label"] for each in response.json()["tokens"]]


def in_days(days: float) -> str:
    return timestamps.to_text(NOW + timedelta(days=days))


@pytest.fixture
def fleet(workspace: RunningWorkspace, api: Api) -> Api:
    """Ann's tokens of several kinds. The requests themselves use "Manager"."""
    insert_tokens(workspace, ["ci-1", "ci-[x]"])
    insert_tokens(workspace, ["ci-20", "CI-3"], expires=NOW + timedelta(days=7), last_used=NOW - timedelta(days=1))
    insert_tokens(workspace, ["old"], expires=NOW - timedelta(days=7), last_used=NOW - timedelta(days=90))
    workspace.add_user(BOB, "pro")
    workspace.issue(BOB, "ci-1")
    return api


@pytest.mark.parametrize(
    ("conditions", "labels"),
    [
        ({"label": "ci-*"}, {"ci-1", "ci-[x]", "ci-20"}),
        ({"label": "[cC]?-[0-9]"}, {"ci-1", "CI-3"}),
        ({"label": "ci-[[]x]"}, {"ci-[x]"}),
        ({"label": "ci-1"}, {"ci-1"}),
        ({"label": "*"}, {"Manager", "ci-1", "ci-[x]", "ci-20", "CI-3", "old"}),
        ({"state": "expired"}, {"old"}),
        ({"state": "valid", "label": "*[!r]"}, {"ci-1", "ci-[x]", "ci-20", "CI-3"}),
        ({"state": "valid", "expires_before": in_days(14)}, {"ci-20", "CI-3"}),
        ({"expires_before": in_days(1)}, {"old"}),
        ({"last_used_before": in_days(-30)}, {"ci-1", "ci-[x]", "old"}),
        ({"last_used_before": in_days(-30), "state": "valid", "label": "ci-?"}, {"ci-1"}),
    ],
)
def test_list_has_the_tokens_that_meet_all_conditions(fleet: Api, conditions: dict[str, str], labels: set[str]) -> None:
    response = fleet.get("tokens", params=conditions)
    assert response.status_code == 200, response.text
    assert set(labels_of(response)) == labels
    chosen = Selection(**{"label": "", **conditions})
    client = WorkspaceClient(app, fleet.workspace.url, Secret(fleet.token), Connection())
    assert {each.label for each in client.list_tokens() if chosen.matches(each)} == labels  # for an older workspace


@pytest.mark.parametrize(
    "conditions",
    [{"label": ""}, {"label": "a\x00"}, {"label": "x" * 201}, {"state": "lost"}, {"expires_before": "soon"}],
)
def test_invalid_condition_is_reported(api: Api, conditions: dict[str, str]) -> None:
    for response in (api.get("tokens", params=conditions), api.post("revocations", json=conditions)):
        assert (response.status_code, response.json()["errors"][0]["field"]) == (422, *conditions)


@pytest.mark.parametrize("body", [{}, {"label": None}, {"ids": []}, {"ids": None}, {"state": None}, {"user": "x"}])
def test_revocation_without_a_condition_revokes_nothing(fleet: Api, body: dict[str, Any]) -> None:
    assert fleet.post("revocations", json=body).status_code == 422
    assert len(labels_of(fleet.get("tokens"))) == 6


def test_links_lead_through_all_pages_with_the_same_conditions(fleet: Api) -> None:
    listed: list[str] = []
    path = "tokens?label=ci-*&limit=1"
    while path:
        response = fleet.get(path)
        listed += labels_of(response)
        path = response.links.get("next", {}).get("url", "").partition("/api/v1/")[2]
    assert sorted(listed) == ["ci-1", "ci-20", "ci-[x]"]


def test_revocation_revokes_what_meets_the_conditions(workspace: RunningWorkspace, fleet: Api) -> None:
    response = fleet.post("revocations", json={"label": "ci-*", "state": "valid"})
    revoked = response.json()["revoked"]
    assert ({each["label"] for each in revoked}, response.json()["more"]) == ({"ci-1", "ci-20", "ci-[x]"}, False)
    assert set(labels_of(fleet.get("tokens"))) == {"Manager", "CI-3", "old"}
    with workspace.workspace.database.read() as session:
        entries = session.execute(
            select(AuditEntry.subject, AuditEntry.acting_token).where(AuditEntry.action == "token revoked")
        ).all()
    own = fleet.get("me").json()["token"]["id"]
    assert {tuple(each) for each in entries} == {(each["id"], own) for each in revoked}


def test_revocation_by_ids_ignores_unknown_ones_and_other_users(workspace: RunningWorkspace, fleet: Api) -> None:
    other = workspace.issue(BOB, "Bob's")
    ids = {each["label"]: each["id"] for each in fleet.get("tokens").json()["tokens"]}
    wanted = [ids["old"], ids["Manager"], other.token.id, "tok_" + "x" * 22, "\x00"]
    response = fleet.post("revocations", json={"ids": wanted})
    assert [each["label"] for each in response.json()["revoked"]] == ["old"]
    assert fleet.accepts(other.secret.reveal())
    assert fleet.accepts(fleet.token)
    assert fleet.post("revocations", json={"ids": ["\x00"]}).json() == {"revoked": [], "more": False}


def test_revocation_never_revokes_the_token_that_asks(fleet: Api) -> None:
    assert len(fleet.post("revocations", json={"label": "*"}).json()["revoked"]) == 5
    assert labels_of(fleet.get("tokens")) == ["Manager"]


def test_revocation_needs_the_scope(workspace: RunningWorkspace, fleet: Api) -> None:
    plain = workspace.issue(ANN, "plain").secret.reveal()
    assert fleet.post("revocations", json={"label": "*"}, token=plain).status_code == 403
    assert len(labels_of(fleet.get("tokens"))) == 7


def test_more_tokens_than_any_page_limit_are_listed_and_revoked(tmp_path: Path) -> None:
    """When the client had a limit, it could not list 20,100 tokens."""
    with serve_in_thread(app, f"sqlite:///{tmp_path / 'workspace.db'}") as running:
        running.add_user(ANN, "pro")
        token = running.issue(ANN, "Manager", [MANAGE]).secret
        insert_tokens(running, [f"ci-{number:05}" for number in range(MANY)])
        client = WorkspaceClient(app, running.url, token, Connection())
        listed = client.list_tokens()
        assert len({each.id for each in listed}) == MANY + 1
        assert [each.label for each in client.list_tokens(Selection(label="ci-0000[3-5]"))] == [
            "ci-00003",
            "ci-00004",
            "ci-00005",
        ]
        client.revoke_all([each.id for each in listed[-MAX_REVOCATION:]])
        with running.workspace.database.read() as session:
            assert session.scalar(select(func.count(Token.id))) == MANY + 1 - MAX_REVOCATION


@given(PATTERNS, st.text("ab[]!-^\\.é", max_size=4))
def test_regular_expression_for_postgresql_means_the_same_as_the_pattern(pattern: str, label: str) -> None:
    assert bool(re.search(selection.to_regex(pattern), label)) == fnmatchcase(label, pattern)


@pytest.mark.parametrize(
    "pattern", ["*" * 99 + "x", "*a" * 50 + "b", "[", "[]", "[!]", "[z-a]", "[!z-a]", "a-[", "\\A|(", "%_", "é?[é]"]
)
def test_database_accepts_every_pattern(workspace: RunningWorkspace, api: Api, pattern: str) -> None:
    label = "a" * 99 + "é"
    workspace.issue(ANN, label)
    assert (label in labels_of(api.get("tokens", params={"label": pattern}))) == fnmatchcase(label, pattern)


def test_selection_of_a_page_is_one_query_limited_to_the_user(fleet: Api, workspace: RunningWorkspace) -> None:
    with workspace.workspace.database.read() as session:
        user_id = session.scalar(select(Token.user_id).where(Token.label == "old"))
        assert user_id is not None
        rows = tokens.list_tokens(session, user_id, 2, selection=selection.Selection("ci-*"))
    assert [row.user_id for row in rows] == [user_id] * 2
