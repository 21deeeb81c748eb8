"""If the workspace's database is of an older migration, it is migrated, and users, tokens and requests still work."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from arka_config.arka import app
from arka_config.workspace.server.migrations import head, revisions
from arka_config.workspace.server.serving import serve_in_thread
from tests.workspace.server.clients import NO_TLS, Api

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arka_config.workspace.server.serving import RunningWorkspace

FOLDER = Path(__file__).parent / "workspace"
APIS = sorted(path.parent.name for path in FOLDER.parent.glob("*/openapi.json"))
RECORDED = sorted(path.stem for path in FOLDER.glob("*.sql"))


def test_every_migration_is_recorded() -> None:
    assert list(revisions()) == RECORDED, "python -m tests.compatibility.record unreleased --force"


def find_breaks(before: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    """Yield how an API breaks a client of an earlier one: what is missing, and what a request needs in addition."""
    for path, methods in before["paths"].items():
        for method in methods:
            if method not in now["paths"].get(path, {}):
                yield f"{method} {path}: removed"
    for name, schema in before["components"]["schemas"].items():
        other = now["components"]["schemas"].get(name)
        if other is None:
            continue  # a renamed schema is compared by the path that uses it, above
        for key, kind in schema.get("properties", {}).items():
            found = other.get("properties", {}).get(key)
            if found is None:
                yield f"{name}.{key}: removed"
            elif "type" in kind and "type" in found and kind["type"] != found["type"]:
                yield f"{name}.{key}: {kind['type']}, now {found['type']}"
        if name in ("FoundToken", "NewToken", "Revocation"):  # the bodies of requests
            added = set(other.get("required", [])) - set(schema.get("required", []))
            yield from (f"{name}.{key}: required now" for key in added)


@pytest.mark.parametrize("version", APIS)
def test_the_api_keeps_its_paths_and_keys(version: str, tmp_path: Path) -> None:
    before = json.loads((FOLDER.parent / version / "openapi.json").read_text("utf-8"))
    with serve_in_thread(app, f"sqlite:///{tmp_path / 'workspace.sqlite'}") as running:
        now = httpx.get(f"{running.url}/openapi.json", verify=NO_TLS, trust_env=False).json()
    assert list(find_breaks(before, now)) == []
    del now["paths"]["/api/v1/me"]
    assert list(find_breaks(before, now)) == ["get /api/v1/me: removed"]


@pytest.fixture(params=RECORDED)
def given(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What is known about a recorded database: the tokens that were issued."""
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
