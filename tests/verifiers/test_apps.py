"""What an app's commands do if its API is a workspace's, another one, or missing."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import click
import pytest

from arka_config import App, Secret, UrlVerifier, WorkspaceVerifier
from arka_config.cli.runtime import command_tree
from arka_config.errors import NoWorkspaceApi
from arka_config.testing import FakeTokens, FakeVerifier, Result, RunCli, isolate, run_program
from arka_config.workspace.client.client import WorkspaceClient
from arka_config.workspace.client.connection import Connection
from tests.cli.program import every_command
from tests.workspace.fake import FakeWorkspace, reply_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

GHP, PAT = "ghp_" + "a1B2c3D4e" * 4, "github_pat_" + "Z9y8X7w6V" * 9
MANAGING = {"rotate", "revoke", "tokens", "activity", "workspace"}


def octo(api_url: str = "https://api.octo.example", **options: Any) -> App:
    options = {"tokens_page": "https://octo.example/settings/tokens", **options}
    return App("octo", token_prefix=("ghp_", "github_pat_"), api_url=api_url, **options)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    isolate(monkeypatch, octo(), tmp_path)
    monkeypatch.setenv("OCTO_HOME", str(tmp_path / "octo"))
    return lambda app, *words, stdin="": run_program(app.main(), words, stdin=stdin)


def names_of(app: App) -> set[str]:
    return {name for name, _ in every_command(command_tree.program(app))}


def test_commands_that_manage_tokens_are_those_of_a_workspace() -> None:
    workspace, url, none = (
        names_of(octo(verifier=each)) for each in (WorkspaceVerifier(), UrlVerifier("/user", user="login"), None)
    )
    assert {name.partition(" ")[0] for name in workspace - url} == MANAGING
    assert {name.partition(" ")[0] for name in url}.isdisjoint(MANAGING)
    assert url - none == {"profiles verify"}
    assert {"login", "logout", "status", "refresh", "scan", "doctor", "apply"} <= none


def test_commands_that_an_app_cannot_have_are_refused_when_they_are_added() -> None:
    with pytest.raises(LookupError, match="has no command 'tokens': it needs verifier=WorkspaceVerifier"):
        octo(commands=["login", "tokens"]).add_commands(click.Group("octo"))


def test_help_names_no_command_and_no_option_that_the_app_does_not_have(run: Callable[..., Result]) -> None:
    lacking = {"--revoke", "--legacy"}
    for app, also in ((octo(verifier=UrlVerifier("/user", user="login")), set()), (octo(), {"--verify", "--online"})):
        names = {name.partition(" ")[0] for name in names_of(app)}
        for name, _ in every_command(command_tree.program(app)):
            text = run(app, *name.split(), "--help").out
            assert text.startswith(f"Usage: octo {name}")
            assert set(re.findall(r"\bocto ([a-z]+)", text)) - {"did"} <= names, name
            assert MANAGING.isdisjoint(re.findall(r"`([a-z]+)`", text)), name
            assert not (lacking | also) & set(re.findall(r"--[a-z-]+", text)), name


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["login", "--expect-user", "ann"], "--expect-user: octo has no API that verifies tokens"),
        (["login", "--verify"], "--verify: octo has no API that verifies tokens"),
        (["status", "--verify"], "--verify: octo has no API that verifies tokens"),
        (["doctor", "--online"], "--online: octo has no API that verifies tokens"),
        (["scan", "--verify"], "--verify: octo has no API that verifies tokens"),
        (["scan", "--revoke"], "--revoke: octo has no API that manages tokens"),
        (["logout", "--revoke"], "--revoke: octo has no API that manages tokens"),
        (["profiles", "remove", "x", "--revoke"], "--revoke: octo has no API that manages tokens"),
        (["logout", "--legacy"], "--legacy: octo has no older CLI with a file to change"),
    ],
)
def test_option_that_the_app_cannot_carry_out_is_a_usage_error(
    words: list[str], message: str, run: Callable[..., Result]
) -> None:
    done = run(octo(), *words)
    assert (done.code, done.err.splitlines()[0]) == (2, f"error: {message}")
    assert json.loads(run(octo(), *words, "--json").out)["error"]["message"] == message


def test_no_command_of_an_app_without_a_verifier_sends_anything(
    fake: FakeWorkspace, run: Callable[..., Result]
) -> None:
    app = octo(fake.url)
    done = run(app, "login", "-p", "home", "--with-token", "--no-verify", stdin=GHP)
    assert (done.code, "(unverified)" in done.err) == (0, True)
    assert run(app, "login", "-p", "home", "--with-token", stdin=PAT).code == 0
    status = run(app, "status")
    assert (status.code, "not checked (this program has no API to ask)" in status.out) == (0, True)
    assert json.loads(run(app, "status", "--json").out)["state"] == "not_asked"
    assert run(app, "doctor", "--json").code in (0, 1)
    assert run(app, "refresh", "--no-input").code == 2
    assert run(app, "logout").code == 0
    assert fake.requests == []


def test_login_and_status_ask_the_app_s_own_api(fake: FakeWorkspace, run: Callable[..., Result]) -> None:
    app = octo(fake.url, verifier=UrlVerifier("/user", user="login", scopes="header:X-OAuth-Scopes"))
    fake.script += [reply_json(200, {"login": "octocat"})] * 4
    done = run(app, "login", "-p", "home", "--with-token", "--verify", "--expect-user", "Octocat", stdin=GHP)
    assert (done.code, "(verified, as octocat)" in done.err) == (0, True)
    assert "yes (as octocat)" in run(app, "status").out
    assert "octocat" in run(app, "profiles", "verify").out
    assert json.loads(run(app, "doctor", "--online", "--json").out)["problems"] == []
    assert {(each.method, each.path) for each in fake.requests} == {("GET", "/user")}
    assert {each.headers["User-Agent"] for each in fake.requests} == {"octo"}


def test_rejected_token_is_not_stored_and_the_hint_names_the_page(
    fake: FakeWorkspace, run: Callable[..., Result]
) -> None:
    app = octo(fake.url, verifier=UrlVerifier("/user", user="login"))
    fake.script += [reply_json(401, {"message": "Bad credentials"})] * 2
    done = run(app, "login", "-p", "home", "--with-token", stdin=GHP)
    assert done.code == 4
    assert done.err.splitlines()[:2] == ["error: Invalid token", f"       {fake.url} says: Bad credentials"]
    assert "your tokens are on https://octo.example/settings/tokens" in done.err
    assert json.loads(run(app, "profiles", "list", "--json").out)["profiles"] == []


@pytest.mark.parametrize("status", [402, 403])
def test_app_without_plans_never_mentions_a_subscription(
    status: int, fake: FakeWorkspace, run: Callable[..., Result]
) -> None:
    for verifier in (UrlVerifier("/user", user="login"), WorkspaceVerifier()):
        fake.script.append(reply_json(status, {"message": "Forbidden"}))
        done = run(octo(fake.url, verifier=verifier), "login", "-p", "a", "--with-token", "--verify", stdin=GHP)
        assert (done.code, "Pro" in done.err, "Forbidden" in done.err) == (1, False, True)


def test_app_with_a_billing_page_says_that_a_plan_is_missing(fake: FakeWorkspace, run: Callable[..., Result]) -> None:
    app = octo(fake.url, verifier=WorkspaceVerifier(), billing_page="/billing")
    fake.script.append(reply_json(403, {}))
    done = run(app, "login", "-p", "a", "--with-token", stdin=GHP)
    assert (done.code, "Pro subscription required" in done.err, f"{fake.url}/billing" in done.err) == (4, True, True)


def test_template_with_an_issued_token_is_refused_before_anything_is_sent(
    fake: FakeWorkspace, run: Callable[..., Result], tmp_path: Path
) -> None:
    template = tmp_path / "ci.toml"
    template.write_text('version = 1\n[profile]\nname = "ci"\n[token]\nissue = { label = "ci" }\n')
    for words in (["plan"], ["apply", "--yes"]):
        done = run(octo(fake.url, verifier=UrlVerifier("/user", user="login")), *words, str(template))
        assert (done.code, "octo has no API that issues tokens" in done.err) == (1, True)
    assert fake.requests == []


def test_client_of_an_app_without_a_workspace_sends_nothing(fake: FakeWorkspace) -> None:
    for verifier in (None, UrlVerifier("/user", user="login")):
        client = WorkspaceClient(octo(verifier=verifier), fake.url, Secret(GHP), Connection(timeout=5))
        for call in (client.get_identity, client.list_tokens, client.rotate, client.revoke, client.get_checksum):
            with pytest.raises(NoWorkspaceApi, match="is not a workspace, so octo cannot manage tokens there"):
                call()
    assert fake.requests == []


@pytest.fixture
def cli_app() -> App:
    return octo(verifier=UrlVerifier("/user", user="login"))


def test_cli_verifier_replaces_the_app_s_own(
    cli_verifier: FakeVerifier, cli_tokens: FakeTokens, run_cli: RunCli
) -> None:
    token = cli_verifier.add("ann", label="Laptop", expires="2099-01-01T00:00:00Z")
    done = run_cli("login", "-p", "home", "--with-token", "--json", stdin=token)
    assert (done.json["user"], done.json["label"], done.json["expires"]) == ("ann", "Laptop", "2099-01-01T00:00:00Z")
    assert cli_verifier.asked == [(token, "https://api.octo.example")]
    cli_verifier.revoke(token)
    assert (run_cli("status").code, token.startswith("ghp_")) == (4, True)
    cli_verifier.is_supported = False
    assert run_cli("login", "-p", "other", "--with-token", stdin=cli_tokens.make("github_pat_")).code == 0


def test_cli_workspace_is_for_apps_with_a_workspace(request: pytest.FixtureRequest) -> None:
    with pytest.raises(pytest.fail.Exception, match=r"has no verifier=WorkspaceVerifier\(\): use the fixture cli_veri"):
        request.getfixturevalue("cli_workspace")
