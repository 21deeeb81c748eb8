"""If only the environment names a workspace, a token goes there after a question, unless the user has used it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from arka_config import App, Credential, CustomLayer, Origin, Secret, open_store
from arka_config.arka import app
from arka_config.testing import run_program
from tests.cli.program import OTHER, TOKEN, arka
from tests.workspace.fake import MANAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.workspace.fake import FakeWorkspace

SENDING = ["status", "tokens list", "tokens create x", "tokens revoke tok_x --yes", "status --verify"]


@pytest.fixture
def attacker(fake: FakeWorkspace, home: Path, monkeypatch: pytest.MonkeyPatch) -> FakeWorkspace:
    """A workspace that a repository's `.env` names. The shell has loaded the file."""
    fake.add(TOKEN, scopes=(MANAGE,))
    monkeypatch.setenv("ARKA_API_URL", fake.url)
    return fake


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages that were opened in a browser."""
    pages: list[str] = []

    def open_page(_: object, page: str) -> bool:
        pages.append(page)
        return True

    monkeypatch.setattr("arka_config.cli.runtime.session.Session.open_page", open_page)
    return pages


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """Give the test a terminal on which every prompt gets this answer; return the prompts."""

    def terminal(text: str) -> list[str]:
        asked: list[str] = []

        def ask(question: str) -> bool:
            asked.append(question)
            return text == "y"

        def ask_secret(*_: object, **__: object) -> str:
            asked.append("token")
            return TOKEN

        monkeypatch.setattr("arka_config.cli.output.terminal.can_ask", lambda no_input: not no_input)
        monkeypatch.setattr("arka_config.cli.output.terminal.confirm", ask)
        monkeypatch.setattr("arka_config.cli.output.terminal.ask_secret", ask_secret)
        return asked

    return terminal


def question(url: str) -> str:
    return (
        f"The token would be sent to {url}, which ARKA_API_URL names and you have not used before. "
        "Is that your workspace?"
    )


@pytest.mark.parametrize("options", [["--with-token"], ["--with-token", "--no-input"], ["--with-token", "--no-verify"]])
def test_login_sends_no_token_to_a_workspace_that_the_environment_names(
    attacker: FakeWorkspace, home: Path, options: list[str]
) -> None:
    done = arka("login", *options, stdin=TOKEN)
    assert (attacker.requests, list(home.rglob("*.json"))) == ([], [])
    assert (done.code, question(attacker.url) in done.err) == (2, True)
    assert f"hint: add --api-url {attacker.url}\n" in done.err


def test_login_asks_before_the_page_is_opened_and_the_token_read(
    attacker: FakeWorkspace, opened: list[str], answer: Callable[[str], list[str]]
) -> None:
    asked = answer("n")
    done = arka("login", "-p", "work")
    assert (attacker.requests, opened, asked) == ([], [], [question(attacker.url)])
    assert (done.code, attacker.url + "/app" in done.err) == (1, False)


def test_login_goes_on_after_a_yes_and_does_not_ask_again(
    attacker: FakeWorkspace, opened: list[str], answer: Callable[[str], list[str]]
) -> None:
    asked = answer("y")
    assert arka("login", "-p", "work").code == 0
    assert arka("login", "-p", "other").code == 0
    assert asked == [question(attacker.url), "token", "token"]
    assert [page.startswith(attacker.url) for page in opened] == [True, True]


def test_login_with_the_option_needs_no_question(attacker: FakeWorkspace) -> None:
    assert arka("login", "--with-token", "--no-input", "--api-url", attacker.url, stdin=TOKEN).code == 0
    assert {request.token for request in attacker.requests} == {TOKEN}


@pytest.mark.parametrize("line", SENDING)
@pytest.mark.parametrize(
    ("options", "environ"), [((), {"ARKA_API_KEY": TOKEN}), (("--api-key", TOKEN), {})], ids=["variable", "flag"]
)
def test_no_command_sends_a_passed_token_to_a_workspace_that_the_environment_names(
    attacker: FakeWorkspace, options: tuple[str, ...], environ: Mapping[str, str], line: str
) -> None:
    done = arka(*options, *line.split(), environ=environ)
    assert attacker.requests == []
    assert (done.code, question(attacker.url) in done.err) == (2, True)


def test_command_asks_once_and_remembers_the_answer(
    attacker: FakeWorkspace, answer: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answer("y")
    monkeypatch.setenv("ARKA_API_KEY", TOKEN)
    assert arka("status").code == 0
    assert arka("tokens", "list").code == 0
    assert asked == [question(attacker.url)]


USES: dict[str, Callable[[str], list[str]]] = {
    "a profile": lambda url: ["profiles", "create", "work", f"api_url={url}"],
    "config.toml": lambda url: ["config", "set", f"api_url={url}"],
    "a stored token": lambda url: ["login", "-p", "work", "--with-token", "--no-verify", "--api-url", url],
}


@pytest.mark.parametrize("use", USES)
def test_workspace_that_the_user_has_used_needs_no_question(attacker: FakeWorkspace, use: str) -> None:
    assert arka(*USES[use](attacker.url), stdin=OTHER).code == 0
    assert arka("tokens", "list", environ={"ARKA_API_KEY": TOKEN}).code == 0
    assert arka("login", "-p", "new", "--with-token", stdin=TOKEN).code == 0


def test_another_port_is_another_workspace(attacker: FakeWorkspace) -> None:
    assert arka("profiles", "create", "work", "api_url=http://127.0.0.1:9").code == 0
    assert arka("tokens", "list", environ={"ARKA_API_KEY": TOKEN}).code == 2
    assert attacker.requests == []


def test_stored_token_of_the_workspace_needs_no_question(attacker: FakeWorkspace, home: Path) -> None:
    store = open_store(app, {"ARKA_HOME": str(home)})
    store.log_in("work", Credential(Secret(TOKEN), Origin.of(attacker.url)), activate=True)
    assert arka("tokens", "list").code == 0


def test_url_of_an_app_s_own_layer_needs_approval(fake: FakeWorkspace, home: Path) -> None:
    layer = CustomLayer("project", lambda field, _: (fake.url, "acme.toml") if field.name == "api_url" else None)
    acme = App("acme", settings=app.settings, api_url="https://acme.example", token_prefix="arka_", layers=[layer])
    done = run_program(acme.main(), ("--api-key", TOKEN, "login"), environ={"ACME_HOME": str(home)})
    assert fake.requests == []
    assert (done.code, f"sent to {fake.url}, which acme.toml names" in done.err) == (2, True)
