"""The fixtures of arka_config.testing work, and load only if a test asks for them."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import pytest

from arka_config.app_identity import SignIn
from arka_config.testing import USER, ApprovingBrowser, FakeTokens, RunCli
from tests.acme import Settings
from tests.acme import app as acme

if TYPE_CHECKING:
    from pathlib import Path

    from arka_config import App
    from arka_config.workspace.server.serving import RunningWorkspace


@pytest.fixture
def cli_app() -> App:
    return acme


def test_cli_home_is_a_new_folder_and_clears_the_variables(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("ACME_API_KEY", "acme_of_the_user")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/home/you/.config")
    home: Path = request.getfixturevalue("cli_home")
    assert os.environ["ACME_HOME"] == str(home)
    assert {"ACME_API_KEY", "XDG_CONFIG_HOME"}.isdisjoint(os.environ)
    assert not home.exists()


def test_fake_tokens_have_the_right_shape_and_commands_find_them(cli_tokens: FakeTokens, run_cli: RunCli) -> None:
    token = cli_tokens.add("work", settings={"timeout": 7, "http.retries": 2}, label="Laptop")
    other = cli_tokens.add("other", active=False)
    acme.check_token(cli_tokens.store.tokens.read("work").token)  # type: ignore[union-attr]  # it was just stored
    assert token != other
    assert cli_tokens["work"] == token
    assert run_cli("token").out == f"{token}\n"
    assert run_cli("token", "-p", "other").out == f"{other}\n"
    assert run_cli("config", "get", "http.retries").out == "2\n"
    with pytest.raises(KeyError):
        cli_tokens["nosuch"]


def test_fake_secrets_are_found_by_the_settings(cli_tokens: FakeTokens, run_cli: RunCli) -> None:
    cli_tokens.add("work", secrets={"password": "hunter-2"})
    assert run_cli("secrets", "list", "--json").json["secrets"][0]["storage"] == "plain"
    password = Settings.load().password
    assert password is not None
    assert password.get_secret_value() == "hunter-2"


def test_run_cli_returns_exit_code_and_both_streams(cli_tokens: FakeTokens, run_cli: RunCli) -> None:
    cli_tokens.add("work")
    assert run_cli("profiles", "list").code == 0
    result = run_cli("profiles", "list", "--json", environ={"ACME_TIMEOUT": "9"})
    assert result.json["active"] == "work"
    wrong = run_cli("token", "-p", "nosuch")
    assert (wrong.code, wrong.out, wrong.err.splitlines()[0]) == (1, "", "error: there is no profile 'nosuch'")


def test_login_is_verified_by_cli_workspace(cli_workspace: RunningWorkspace, run_cli: RunCli) -> None:
    token = cli_workspace.issue(USER, "Laptop").secret.reveal()
    result = run_cli("login", "-p", "work", "--with-token", "--verify", stdin=token)
    assert (result.code, f"(verified, as {USER})" in result.err) == (0, True)
    assert token.startswith("acme_")


def test_fixture_without_an_app_names_the_missing_fixture(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["arka_config.testing"]\n')
    (tmp_path / "test_it.py").write_text("def test_it(cli_home): pass\n")
    result = run_pytest_in(tmp_path)
    assert "no app to test: define a fixture `cli_app` that returns yours" in result.stdout


def test_fixtures_are_not_loaded_without_request(tmp_path: Path) -> None:
    assert not [entry for entry in entry_points(group="pytest11") if entry.value.startswith("arka_config")]
    (tmp_path / "test_it.py").write_text(
        "import sys\ndef test_it():\n    assert not [name for name in sys.modules if name.startswith('arka_config')]\n"
    )
    assert run_pytest_in(tmp_path).returncode == 0


def run_pytest_in(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder as a project of its own."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_cli_browser_approves_or_denies_what_the_program_opens(
    run_cli: RunCli, cli_browser: ApprovingBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acme, "sign_in", SignIn("acme-cli", scope="read write"))
    assert run_cli("login", "--json").code == 0
    assert run_cli("status", "--verify").code == 0
    assert "client_id=acme-cli" in cli_browser.pages[0]
    assert "scope=read+write" in cli_browser.pages[0]
    cli_browser.approves = False
    assert "denied in the browser" in run_cli("login", "-p", "other", "--json").err


def test_app_without_sign_in_opens_nothing(run_cli: RunCli, cli_browser: ApprovingBrowser) -> None:
    assert (run_cli("login", "--json").code, cli_browser.pages) == (2, [])
