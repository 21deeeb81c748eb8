"""If an apply replaces or removes issued tokens, it revokes them once the new ones work, or says why not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from arka_config import open_store
from arka_config.arka import app
from arka_config.templates.ledger import LedgerFile
from tests.cli.program import OTHER, TOKEN, arka
from tests.templates.conftest import Folder
from tests.workspace import fake as steps
from tests.workspace.fake import MANAGE, FakeWorkspace, serve_fake

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APPLY = ("apply", "profiles", "--yes", "-p", "work")


@pytest.fixture
def workspace(folder: Folder) -> Iterator[FakeWorkspace]:
    """A workspace, a profile `work` that may create tokens there, and a profile `ci` with an issued token."""
    with serve_fake() as fake:
        fake.add(TOKEN, scopes=(MANAGE,))
        assert arka("login", "-p", "work", "--with-token", "--api-url", fake.url, stdin=TOKEN).code == 0
        put(folder, fake, "first")
        done = arka(*APPLY)
        assert done.code == 0, done.err
        fake.requests.clear()
        yield fake


def put(folder: Folder, fake: FakeWorkspace, label: str, name: str = "ci") -> None:
    issue = f'issue = {{ label = "{label}" }}'
    folder.put(f"{name}.toml", f'[profile]\nname = "{name}"\napi_url = "{fake.url}"\n[token]\n{issue}\n')


def stored(name: str = "ci") -> str:
    return open_store(app).credential(name).token.reveal()


def labels(fake: FakeWorkspace) -> list[str]:
    return sorted(row["details"]["label"] for row in fake.tokens.values())


def recorded_id(home: Path, name: str = "ci") -> str:
    token = LedgerFile(str(home / "state")).read().entries[name].token
    assert token is not None
    return token.id


def test_ledger_has_the_id_of_an_issued_token(workspace: FakeWorkspace, home: Path) -> None:
    assert recorded_id(home) == workspace.tokens[stored()]["details"]["id"]
    assert json.loads((home / "state" / "ledger.json").read_text())["version"] == 2
    assert stored() not in (home / "state" / "ledger.json").read_text()


def test_ledger_without_ids_has_the_format_of_older_programs(folder: Folder, home: Path) -> None:
    folder.put("ci.toml", '[profile]\nname = "ci"\n')
    assert arka("apply", "profiles", "--yes").code == 0
    assert json.loads((home / "state" / "ledger.json").read_text())["version"] == 1


def test_changed_issue_revokes_the_old_token_after_the_new_one_works(
    workspace: FakeWorkspace, folder: Folder, home: Path
) -> None:
    old, old_id = stored(), recorded_id(home)
    put(folder, workspace, "second")
    assert "revoke the old tokens of ci\n" in arka("plan", "profiles").out
    assert arka("plan", "profiles", "--json").json["revokes"] == ["ci"]
    done = arka(*APPLY, "--json")
    assert (done.code, stored() != old) == (0, True)
    assert labels(workspace) == ["MacBook Pro", "second"]
    assert done.json["revoked"] == [{"profile": "ci", "id": old_id, "revoked": True, "reason": None}]
    assert "Revoked the old token of profile 'ci'" in done.err
    asked = [(request.method, request.token) for request in workspace.requests[-2:]]
    assert asked == [("GET", stored()), ("DELETE", old)], "the new one is verified first"
    assert not (home / "state" / "journal.json").exists()


def test_prune_revokes_the_issued_token(workspace: FakeWorkspace, folder: Folder, home: Path) -> None:
    (folder.path / "ci.toml").unlink()
    folder.put("other.toml", '[profile]\nname = "other"\n')
    old_id = recorded_id(home)
    assert "revoke the old tokens of ci\n" in arka("plan", "profiles", "--prune").out
    done = arka(*APPLY, "--prune", "--json")
    assert (done.code, labels(workspace)) == (0, ["MacBook Pro"]), done.err
    assert done.json["revoked"] == [{"profile": "ci", "id": old_id, "revoked": True, "reason": None}]


def test_new_source_revokes_the_issued_token(
    workspace: FakeWorkspace, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.add(OTHER, "from the environment")
    monkeypatch.setenv("ARKA_CI_TOKEN", OTHER)
    source = '[token]\nenv = "ARKA_CI_TOKEN"\ncopy = true\n'
    folder.put("ci.toml", f'[profile]\nname = "ci"\napi_url = "{workspace.url}"\n{source}')
    done = arka(*APPLY)
    assert (done.code, stored(), labels(workspace)) == (0, OTHER, ["MacBook Pro", "from the environment"]), done.err


def test_new_token_that_does_not_work_keeps_the_old_one_alive(
    workspace: FakeWorkspace, folder: Folder, home: Path
) -> None:
    old = stored()
    put(folder, workspace, "second")
    workspace.script = [None, None, steps.reply_problem(401, "invalid-token")]
    done = arka(*APPLY, "--json")
    assert (done.code, workspace.accepts(old)) == (0, True)
    (revocation,) = done.json["revoked"]
    assert (revocation["revoked"], revocation["reason"]) == (False, "the new one could not be verified: Invalid token")
    assert "warning: the old token of profile 'ci' still works: the new one could not be verified" in done.err
    assert [entry.id for entry in open_store(app).journal.entries()] == [revocation["id"]]
    assert arka("doctor", "--fix").code == 0
    assert labels(workspace) == ["MacBook Pro", "second"], "the old one is revoked later"


def test_revocation_that_fails_is_reported_and_finished_later(workspace: FakeWorkspace, folder: Folder) -> None:
    put(folder, workspace, "second")
    workspace.script = [None, None, None, steps.reply(500)]
    done = arka(*APPLY)
    assert "may have been revoked; run it again" in done.err
    assert labels(workspace) == ["MacBook Pro", "first", "second"]
    done = arka(*APPLY)
    assert "note: revoked token 'first' (tok_" in done.err
    assert labels(workspace) == ["MacBook Pro", "second"]


def test_token_that_another_profile_has_is_kept(workspace: FakeWorkspace, folder: Folder) -> None:
    assert arka("profiles", "copy", "ci", "twin", "--with-token").code == 0
    put(folder, workspace, "second")
    done = arka(*APPLY, "--json")
    (revocation,) = done.json["revoked"]
    assert (revocation["revoked"], revocation["reason"]) == (False, "profile 'twin' has it too")
    assert workspace.accepts(stored("twin"))
    assert arka("doctor").code == 0


def test_token_that_the_user_stored_is_not_revoked(workspace: FakeWorkspace, folder: Folder) -> None:
    workspace.add(OTHER, "mine")
    line = ("login", "-p", "ci", "--with-token", "--force", "--api-url", workspace.url)
    assert arka(*line, stdin=OTHER).code == 0
    put(folder, workspace, "second")
    assert arka("plan", "profiles", "--take", "template", "--json").json["revokes"] == []
    done = arka(*APPLY, "--take", "template", "--json")
    assert (done.code, done.json["revoked"], workspace.accepts(OTHER)) == (0, [], True), done.err


def test_token_issued_before_ids_were_recorded_is_revoked(workspace: FakeWorkspace, folder: Folder, home: Path) -> None:
    ledger = home / "state" / "ledger.json"
    document = json.loads(ledger.read_text())
    old_id = document["profiles"]["ci"]["token"].pop("id")
    ledger.write_text(json.dumps(document | {"version": 1}))
    put(folder, workspace, "second")
    done = arka(*APPLY, "--json")
    assert done.json["revoked"] == [{"profile": "ci", "id": old_id, "revoked": True, "reason": None}]


def test_rotated_token_still_belongs_to_the_apply(workspace: FakeWorkspace, folder: Folder, home: Path) -> None:
    assert arka("rotate", "-p", "ci").code == 0
    assert recorded_id(home) == workspace.tokens[stored()]["details"]["id"]
    put(folder, workspace, "second")
    done = arka(*APPLY, "--json")
    assert (done.code, [each["revoked"] for each in done.json["revoked"]]) == (0, [True]), done.err
    assert labels(workspace) == ["MacBook Pro", "second"]


def test_refused_apply_revokes_nothing(workspace: FakeWorkspace, folder: Folder, home: Path) -> None:
    """A token is issued for one profile, but none can be issued for the other."""
    put(folder, workspace, "second")
    folder.put(
        "zz.toml", '[profile]\nname = "zz"\napi_url = "https://other.example"\n[token]\nissue = { label = "x" }\n'
    )
    done = arka(*APPLY, "--allow-origin", "https://other.example")
    assert (done.code, labels(workspace)) == (1, ["MacBook Pro", "first"]), done.err
    assert not (home / "state" / "journal.json").exists()
