"""When the plan was approved, the workspace issues a token for each template with `issue`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from arka_config import open_store
from arka_config.arka import app
from arka_config.errors import FileError
from arka_config.store.token_files import TokenFiles
from tests.cli.program import OTHER, TOKEN, arka
from tests.templates.conftest import Folder
from tests.workspace.fake import MANAGE, FakeWorkspace, serve_fake

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def workspace(folder: Folder) -> Iterator[FakeWorkspace]:
    """A workspace, a profile `work` that may create tokens there, and a template with `issue`."""
    with serve_fake() as fake:
        fake.add(TOKEN, scopes=(MANAGE,))
        done = arka("login", "-p", "work", "--with-token", "--api-url", fake.url, stdin=TOKEN)
        assert done.code == 0, done.err
        folder.put(
            "ci.toml",
            f'[profile]\nname = "ci"\napi_url = "{fake.url}"\n'
            '[token]\nissue = { label = "ci-{hostname}", expires = "90d" }\n',
        )
        fake.requests.clear()
        yield fake


def test_a_token_is_issued_once_with_its_label_and_expiry(workspace: FakeWorkspace) -> None:
    done = arka("plan", "profiles", "--json").json
    assert done["profiles"][0]["token"]["state"] == "will be issued"
    assert workspace.requests == []
    for _ in range(2):
        done = arka("apply", "profiles", "--yes", "-p", "work")
        assert done.code == 0, done.err
    assert [(request.method, request.path) for request in workspace.requests] == [
        ("GET", "/api/v1/me"),
        ("POST", "/api/v1/tokens"),
    ]
    credential = open_store(app).credential("ci")
    assert credential.label == "ci-runner-07"
    assert credential.expires
    assert credential.token.reveal() in workspace.tokens
    assert credential.token.reveal() not in done.out + done.err


def test_no_request_is_sent_before_the_plan_is_approved(workspace: FakeWorkspace) -> None:
    assert arka("apply", "profiles", "-p", "work").code == 2
    assert workspace.requests == []


def test_a_refused_request_changes_nothing(workspace: FakeWorkspace, home: Path) -> None:
    workspace.tokens[TOKEN]["details"]["scopes"] = []
    done = arka("apply", "profiles", "--yes", "-p", "work")
    assert done.code == 1
    assert not open_store(app).exists("ci")
    assert not (home / "state" / "ledger.json").exists()


def test_the_effective_token_issues_only_at_its_own_workspace(workspace: FakeWorkspace) -> None:
    assert arka("login", "-p", "home", "--with-token", "--no-verify", stdin=OTHER).code == 0
    workspace.requests.clear()
    done = arka("apply", "profiles", "--yes", "-p", "home")
    assert done.code == 1
    assert "cannot be issued with the effective token, which is for https://arka-ai.com" in done.err
    assert workspace.requests == []


def test_the_origin_approved_for_the_plan_is_approved_for_issuing(
    folder: Folder, fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.add(TOKEN, scopes=(MANAGE,))
    folder.put("ci.toml", f'[profile]\nname = "ci"\napi_url = "{fake.url}"\n[token]\nissue = {{ label = "ci" }}\n')
    monkeypatch.setenv("ARKA_API_KEY", TOKEN)
    monkeypatch.setenv("ARKA_API_URL", fake.url)
    assert arka("apply", "profiles", "--yes").code == 1
    assert fake.requests == []
    done = arka("apply", "profiles", "--yes", "--allow-origin", fake.url)
    assert (done.code, [request.method for request in fake.requests]) == (0, ["GET", "POST"]), done.err


def test_a_token_that_was_issued_but_not_stored_is_revoked(workspace: FakeWorkspace, folder: Folder) -> None:
    folder.put("zz.toml", '[profile]\nname = "zz"\n[token]\nissue = { label = "other" }\n')
    done = arka("apply", "profiles", "--yes", "-p", "work")
    assert done.code == 1
    assert [request.method for request in workspace.requests] == ["GET", "POST", "DELETE"]
    assert not open_store(app).exists("ci")


def test_no_token_is_issued_if_the_vault_does_not_open(workspace: FakeWorkspace, home: Path, tmp_path: Path) -> None:
    (home / "config").mkdir(parents=True, exist_ok=True)
    (home / "config" / "config.toml").write_text('storage = "sealed"\n')
    done = arka("apply", "profiles", "--yes", "-p", "work")
    assert done.code == 1
    assert "sealing is off" in done.err
    assert workspace.requests == []


def test_an_issued_token_is_revoked_if_the_disk_is_full(
    workspace: FakeWorkspace, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = TokenFiles.put

    def full(store: TokenFiles, name: str, document: dict[str, object]) -> None:
        if name == "zz":
            raise FileError("no space left on device", path=store.path(name))
        put(store, name, document)

    monkeypatch.setattr(TokenFiles, "put", full)
    folder.put("zz.toml", (folder.path / "ci.toml").read_text().replace('"ci"', '"zz"').partition("\n")[2])
    done = arka("apply", "profiles", "--yes", "-p", "work")
    assert done.code == 1
    assert [request.method for request in workspace.requests] == ["GET", "POST", "POST", "DELETE"]
    assert open_store(app).credential("ci").token.reveal() in workspace.tokens
