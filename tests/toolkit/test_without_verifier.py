"""If an app declares no verifier, none of a workspace's paths is requested and none of its commands is offered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from arka_config import App, SignIn
from arka_config.cli.runtime.command_tree import program
from arka_config.testing import Result, isolate, run_program
from tests.cli.program import every_command
from tests.workspace.fake import FakeWorkspace, reply_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TOKEN = "ghp_" + "a1B2c3D4e" * 4


@pytest.fixture
def run(fake: FakeWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    app = App("octo", token_prefix="ghp_", api_url=fake.url)
    isolate(monkeypatch, app, tmp_path)
    return lambda *words, stdin="": run_program(app.main(), words, stdin=stdin)


def test_login_calls_no_path_of_a_workspace(fake: FakeWorkspace, run: Callable[..., Result]) -> None:
    assert run("login", "-p", "home", "--with-token", stdin=TOKEN).code == 0
    assert fake.requests == []


def test_403_of_an_api_without_plans_is_not_a_missing_subscription(
    fake: FakeWorkspace, run: Callable[..., Result]
) -> None:
    fake.script.append(reply_json(403, {"message": "Forbidden"}))
    assert "Pro" not in run("login", "-p", "home", "--with-token", stdin=TOKEN).err


def test_app_without_a_verifier_offers_no_workspace_commands() -> None:
    names = {name.partition(" ")[0] for name, _ in every_command(program(App("octo")))}
    assert names.isdisjoint({"rotate", "revoke", "tokens", "activity", "workspace"})
    assert {"login", "status", "profiles"} <= names


def test_login_help_describes_the_browser_only_with_sign_in(run: Callable[..., Result]) -> None:
    assert "The tokens page is opened: create a token there" in " ".join(run("login", "--help").out.split())
    assert "in your browser" not in run("login", "--help").out
    app = App("octo", sign_in=SignIn("octo"))
    assert "in your browser" in run_program(app.main(), ("login", "--help")).out


@pytest.mark.parametrize("command", ["token", "vault enable", "config set"])
def test_help_with_examples_names_no_other_program(command: str, run: Callable[..., Result]) -> None:
    text = run(*command.split(), "--help").out
    assert "octo" in text
    assert "arka" not in text
