"""The workspace's database at each migration: it is migrated, and its users, tokens and requests still work."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from arka_config.arka import app
from arka_config.workspace.server.migrations import head, revisions
from arka_config.workspace.server.serving import serve_in_thread
from tests.workspace.server.clients import Api

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arka_config.workspace.server.serving import RunningWorkspace

FOLDER = Path(__file__).parent / "workspace"
RECORDED = sorted(path.stem for path in FOLDER.glob("*.sql"))


def test_every_migration_is_recorded() -> None:
    assert list(revisions()) == RECORDED, "python -m tests.compatibility.record unreleased --force"


@pytest.fixture(params=RECORDED)
def given(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What is known of a recorded database: the tokens that were issued."""
    found: dict[str, Any] = json.loads((FOLDER / f"{request.param}.json").read_text("utf-8"))
    return found | {"revision": request.param}


@pytest.fixture
def workspace(given: dict[str, Any], tmp_path: Path) -> Iterator[RunningWorkspace]:
    path = tmp_path / "workspace.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((FOLDER / f"{given['revision']}.sql").read_text("utf-8"))
    with serve_in_thread(app, f"sqlite:///{path}") as running:
        yield running


def test_a_recorded_database_works(given: dict[str, Any], workspace: RunningWorkspace) -> None:
    tokens = given["tokens"]
    with Api(workspace, tokens["manages"]) as api:
        assert api.get("me", token=tokens["full"]).json()["user"]["email"] == given["email"]
        assert not api.accepts(tokens["revoked"])
        labels = {each["label"] for each in api.get("tokens").json()["tokens"]}
        assert {"MacBook Pro", "Admin"} <= labels
        if "requested" in tokens:
            again = api.post("tokens", json={"label": "Again"}, headers={"Idempotency-Key": given["key"]})
            assert again.status_code == 409
        assert api.post("tokens", json={"label": "New"}).status_code == 201
        assert api.delete(f"tokens/{given['ids']['full']}").status_code == 204
        assert not api.accepts(tokens["full"])
    assert {user.email for user in workspace.workspace.list_users()} == {given["email"], "free@example.com"}
    assert head() == RECORDED[-1]
