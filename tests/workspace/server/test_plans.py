"""If an app has no billing page, its workspace has no plans. Its tokens page is on another host."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from arka_config import App, WorkspaceVerifier
from arka_config.testing import Result, isolate, run_program
from arka_config.workspace.server.serving import RunningWorkspace, serve_in_thread
from tests.workspace.server.clients import ANN, Api, Browser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

APP = App(
    "octo",
    token_prefix=("oct_", "octopat_"),
    api_url="https://api.octo.example",
    tokens_page="https://octo.example/my/tokens",
    verifier=WorkspaceVerifier(),
)


@pytest.fixture(scope="module")
def octo() -> Iterator[RunningWorkspace]:
    with serve_in_thread(APP) as served:
        yield served


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    isolate(monkeypatch, APP, tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return lambda *words, stdin="": run_program(APP.main(), words, stdin=stdin)


def test_tokens_of_every_user_work_and_no_page_mentions_a_plan(octo: RunningWorkspace) -> None:
    octo.add_user(ANN, "free")
    token = octo.issue(ANN, "Laptop").secret.reveal()
    assert token.startswith("oct_")
    with Api(octo, token) as api, Browser(octo).sign_in(ANN) as browser:
        assert api.accepts(token)
        pages = [browser.open(path) for path in ("/my/tokens", "/my/tokens?create", "/my/activity")]
        assert [page.status_code for page in pages] == [200] * 3
        assert [word for page in pages for word in ("Pro ", "Billing", "plan") if word in page.text] == []
        assert browser.open("/billing").status_code == 404


def test_client_mentions_no_plan(octo: RunningWorkspace, run: Callable[..., Result]) -> None:
    octo.add_user(ANN, "free")
    token = octo.issue(ANN, "Laptop").secret.reveal()
    done = run("login", "-p", "home", "--with-token", "--verify", "--api-url", octo.url, stdin=token)
    assert (done.code, "(verified, as ann@example.com)" in done.err) == (0, True)
    assert "plan" not in run("status").out
    assert run("status", "--json").json["plan"] is None


def test_commands_of_the_server_mention_no_plan(tmp_path: Path, run: Callable[..., Result]) -> None:
    database = f"sqlite:///{tmp_path}/octo.db"
    added = run("workspace", "add-user", ANN, "--database-url", database)
    assert (added.code, "plan" in added.err) == (0, False)
    listed = run("workspace", "list-users", "--database-url", database)
    assert (ANN in listed.out, "PLAN" in listed.out, "free" in listed.out) == (True, False, False)
    for command in ("add-user", "add-service-account", "serve", "list-users"):
        text = run("workspace", command, "--help").out
        assert (f"octo workspace {command}" in text, "plan" in text.lower()) == (True, False)
    assert run("workspace", "set-plan", ANN, "pro").code == 2
    refused = run("workspace", "add-user", ANN, "--plan", "pro", "--database-url", database)
    assert (refused.code, refused.err.splitlines()[0]) == (2, "error: --plan: octo has no plans")
