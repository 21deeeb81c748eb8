"""End-to-end tests of the program, with a fake GitHub and a fake server of a company."""

from __future__ import annotations

import re
import shlex
import string
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fake_github import FakeGitHub

    from arka_config.testing import FakeTokens, FakeVerifier, RunCli

README = Path(__file__).parents[1] / "README.md"
CLASSIC = "ghp_" + "a1B2c3D4e" * 4
FINE_GRAINED = "github_pat_" + "Z9y8X7w6V5_" * 7 + "abcde"


@pytest.mark.parametrize("token", [CLASSIC, FINE_GRAINED], ids=["classic", "fine-grained"])
def test_login_verifies_each_kind_of_token(token: str, run_cli: RunCli, github: FakeGitHub) -> None:
    github.issue("octocat", token)
    done = run_cli("login", "-p", "home", "--with-token", "--verify", "--api-url", github.url, stdin=token)
    assert (done.code, "(verified, as octocat)" in done.err) == (0, True)
    status = run_cli("status", "--json").json
    assert (status["state"], status["token"]["user"], status["token"]["expires"]) == (
        "valid",
        "octocat",
        "2099-01-31T10:00:00Z",
    )
    assert run_cli("whoami").out == "octocat at 127.0.0.1\n"
    assert token not in run_cli("profiles", "list").out


def test_bad_credentials_are_reported_and_not_stored(run_cli: RunCli, github: FakeGitHub) -> None:
    done = run_cli("login", "-p", "home", "--with-token", "--api-url", github.url, stdin=CLASSIC)
    assert (done.code, "says: Bad credentials" in done.err, CLASSIC in done.err) == (4, True, False)
    assert run_cli("profiles", "list", "--json").json["profiles"] == []


@pytest.mark.parametrize("text", ["gho_" + "a" * 36, CLASSIC[:-1], FINE_GRAINED + "x"])
def test_text_that_is_no_token_is_refused_without_a_request(text: str, run_cli: RunCli, github: FakeGitHub) -> None:
    done = run_cli("login", "-p", "home", "--with-token", "--api-url", github.url, stdin=text)
    assert (done.code, github.requests) == (4, [])


def test_each_host_gets_its_own_token_only(run_cli: RunCli, github: FakeGitHub, enterprise: FakeGitHub) -> None:
    github.issue("octocat", CLASSIC)
    enterprise.issue("ocat", FINE_GRAINED)
    for name, host, token in (("home", github, CLASSIC), ("work", enterprise, FINE_GRAINED)):
        done = run_cli("login", "-p", name, "--with-token", "--verify", "--api-url", host.url, stdin=token)
        assert done.code == 0
    assert run_cli("repos").out == "octocat/hello-world (public)\noctocat/notes (private)\n"
    assert run_cli("repos", "-p", "work").out == "ocat/hello-world (public)\nocat/notes (private)\n"
    assert run_cli("profiles", "verify").code == 0
    assert {token for _, _, token in github.requests} == {CLASSIC}
    assert {token for _, _, token in enterprise.requests} == {FINE_GRAINED}
    assert {path for _, path, _ in enterprise.requests} == {"/api/v3/user", "/api/v3/user/repos"}
    refused = run_cli("token", "-p", "work", "--for", github.url)
    assert (refused.code, refused.out) == (1, "")


def test_requests_that_verify_a_token_carry_the_program_s_name(run_cli: RunCli, github: FakeGitHub) -> None:
    github.issue("octocat", CLASSIC)
    assert run_cli("login", "-p", "home", "--with-token", "--api-url", github.url, stdin=CLASSIC).code == 0
    assert all(re.fullmatch(r"octo(/[0-9.]+)?", agent) for agent in github.agents)


def test_pages_of_a_company_s_host_are_on_that_host(run_cli: RunCli) -> None:
    from octo import app

    assert app.page(app.tokens_page) == "https://github.com/settings/tokens"
    assert (
        app.page(app.tokens_page, "https://github.example.com/api/v3") == "https://github.example.com/settings/tokens"
    )
    assert "tokens" not in re.findall(r"^  (\w+)", run_cli("--help").out, re.MULTILINE)


def test_revoked_token_is_reported_without_a_server(
    run_cli: RunCli, cli_verifier: FakeVerifier, cli_tokens: FakeTokens
) -> None:
    token = cli_verifier.add("octocat", cli_tokens.make("github_pat_"))
    assert run_cli("login", "-p", "home", "--with-token", stdin=token).code == 0
    cli_verifier.revoke(token)
    done = run_cli("status")
    assert (done.code, "https://github.com/settings/tokens" in done.err) == (4, True)


def test_commands_of_the_readme_run(run_cli: RunCli, github: FakeGitHub, enterprise: FakeGitHub) -> None:
    variables = {"HOME_TOKEN": github.issue("octocat", CLASSIC), "WORK_TOKEN": enterprise.issue("ocat", FINE_GRAINED)}
    hosts = {"https://api.github.com": github.url, "https://github.example.com/api/v3": enterprise.url}
    text = README.read_text("utf-8")
    for host, url in hosts.items():
        text = text.replace(host, url)
    lines = re.findall(r"^\$ (.*)$", text, re.MULTILINE)
    assert len(lines) > 5
    for line in lines:
        printed, _, command = string.Template(line).substitute(variables).rpartition(" | ")
        done = run_cli(*shlex.split(command)[1:], stdin=printed.removeprefix("printf %s ").strip('"'))
        assert done.code == 0, f"{line}\n{done.err}"
