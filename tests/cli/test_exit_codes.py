"""Every exit code, as a table of command lines, with the message on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.program import OTHER, TOKEN, arka

if TYPE_CHECKING:
    from pathlib import Path

# (command line, variables, stdin, exit code, part of stderr)
TABLE: list[tuple[str, dict[str, str], str, int, str]] = [
    ("token", {}, "", 0, ""),
    ("status --offline", {}, "", 0, ""),
    ("profiles list", {}, "", 0, ""),
    ("-p ci token", {}, "", 0, ""),
    ("token -p ci", {}, "", 0, ""),
    ("-p ci token -p ci", {}, "", 0, ""),
    # 1: an error
    ("token -p wrk", {}, "", 1, "did you mean 'work'?"),
    ("token", {"ARKA_PROFILE": "wrk"}, "", 1, "there is no profile 'wrk' (from ARKA_PROFILE)"),
    ("token --for https://elsewhere.example", {}, "", 1, "nothing was printed"),
    ("token", {"ARKA_API_URL": "https://elsewhere.example"}, "", 1, "hint: unset ARKA_API_URL"),
    (
        "exec -- true",
        {"ARKA_API_URL": "https://elsewhere.example"},
        "",
        1,
        "ARKA_API_URL says https://elsewhere.example",
    ),
    ("env --github", {}, "", 1, "GITHUB_ENV is not set"),
    ("use -", {}, "", 1, "there is no previous profile"),
    ("use --unpin", {}, "", 1, "is not pinned"),
    ("profiles create work", {}, "", 1, "profile 'work' already exists"),
    ("profiles rename work ci", {}, "", 1, "profile 'ci' already exists"),
    ("profiles set work timeout=soon", {}, "", 1, "timeout: input should be a valid number"),
    ("profiles set work timeout=-1", {}, "", 1, "timeout: input should be greater than 0"),
    ("config get proxy", {}, "", 1, "proxy is not set"),
    ("config show", {"ARKA_TIMEOUT": "soon"}, "", 1, "(env: ARKA_TIMEOUT)"),
    ("login --with-token --expect-user me", {}, TOKEN, 1, "nothing was stored"),
    ("login --with-token", {"ARKA_API_URL": "https://eu.arka-ai.com"}, TOKEN, 1, "nothing was stored"),
    ("login --with-token --api-url http://arka-ai.com", {}, TOKEN, 1, "would send the token in clear text"),
    ("login --with-token --label a\x1bb", {}, TOKEN, 1, "--label contains a forbidden character: U+001B"),
    # 2: usage error
    ("nosuch", {}, "", 2, "no such command 'nosuch'"),
    ("toke", {}, "", 2, "error: no such command 'toke'; did you mean 'token'?\n"),
    ("profiles lst", {}, "", 2, "error: no such command 'lst'; did you mean 'list'?\n"),
    ("remove", {}, "", 2, "error: no such command 'remove'\n"),
    ("profiles revoke", {}, "", 2, "error: no such command 'revoke'\n"),
    ("token --nosuch", {}, "", 2, "hint: arka token --help"),
    ("-p work token -p ci", {}, "", 2, "--profile was given twice"),
    ("profiles show work -p ci", {}, "", 2, "two profiles are named"),
    ("token -p Work", {}, "", 2, "hint: try 'work'"),
    ("login --profile Laptop_1", {}, "", 2, "hint: try 'laptop_1'"),
    ("login", {}, "", 2, "--with-token reads it from stdin"),
    ("login --no-input", {}, "", 2, "--with-token reads it from stdin"),
    ("login", {"ARKA_NO_INPUT": "1"}, "", 2, "--with-token reads it from stdin"),
    ("login --with-token --expires soon", {}, TOKEN, 2, "neither a date such as 2027-02-28 nor a duration such as 90d"),
    ("login --with-token --token-file x", {}, TOKEN, 2, "each give a token"),
    (
        "profiles remove work",
        {},
        "",
        2,
        "no terminal to ask on:\n       Remove profile 'work' and its token?\nhint: add --yes\n",
    ),
    ("profiles remove work", {"ARKA_NO_INPUT": "1"}, "", 2, "confirmation, but prompts are off:\n"),
    ("use", {}, "", 2, "hint: arka use NAME"),
    ("profiles remove ci", {}, "", 2, "hint: add --yes"),
    ("profiles set work timeout", {}, "", 2, "is not KEY=VALUE"),
    ("profiles set work timeot=3", {}, "", 2, "did you mean 'timeout'?"),
    ("profiles set work token=x", {}, "", 2, "a token cannot be stored in a profile's file"),
    ("config get timeot", {}, "", 2, "did you mean 'timeout'?"),
    ("logout --all -p ci", {}, "", 2, "cannot be combined"),
    # 3: expiring
    ("status -p ci --expiring 91d", {}, "", 3, ""),
    ("status -p ci --expiring 14d", {}, "", 0, ""),
    # 4: no token, or an invalid one
    ("token -p bare", {}, "", 4, "hint: arka login --profile bare"),
    ("status -p bare", {}, "", 4, "profile 'bare' has no token"),
    ("status -p far", {}, "", 4, "takes its token from $FAR_TOKEN, which is empty or not set"),
    ("status -p far", {"FAR_TOKEN": TOKEN}, "", 0, ""),
    ("exec -p bare -- true", {}, "", 4, "profile 'bare' has no token"),
    ("token -p far", {}, "", 4, "takes its token from $FAR_TOKEN, which is empty or not set"),
    ("login --with-token", {}, "ghp_1234567890", 4, "Invalid token: it does not start with arka_"),
    ("login --with-token", {}, TOKEN[:-1], 4, "was it copied whole?"),
    ("login --with-token", {}, "", 4, "no token was given"),
    # the codes of a shell
    ("exec -- no-such-program", {}, "", 127, "command not found"),
    ("exec -- /etc/passwd", {}, "", 126, "permission denied"),
]


@pytest.fixture
def more(two_profiles: Path) -> Path:
    """Two more profiles: `bare` has no token, and the reference of `far` leads to a missing one."""
    assert arka("profiles", "create", "bare").code == 0
    assert arka("profiles", "create", "far", "token.env=FAR_TOKEN").code == 0
    return two_profiles


@pytest.mark.parametrize(
    ("line", "environ", "stdin", "code", "message"), TABLE, ids=[f"{row[3]}: {row[0]!a}" for row in TABLE]
)
@pytest.mark.usefixtures("more")
def test_each_error_has_its_exit_code_and_message(
    line: str, environ: dict[str, str], stdin: str, code: int, message: str
) -> None:
    done = arka(*line.split(" "), stdin=stdin, environ=environ)
    assert (done.code, message in done.err) == (code, True), done
    assert "Traceback" not in done.err
    if code not in (0, 3) and not line.startswith(("status", "config show")):
        assert done.out == ""


@pytest.mark.usefixtures("two_profiles")
def test_failed_login_keeps_the_old_token() -> None:
    for options in (["--expect-user", "me"], ["--verify"]):
        arka("login", "-p", "work", "--with-token", *options, stdin=OTHER)
        assert arka("token", "-p", "work").out == TOKEN + "\n"


@pytest.mark.usefixtures("two_profiles")
def test_login_force_replaces_a_token_of_another_workspace() -> None:
    done = arka("login", "-p", "work", "--with-token", "--api-url", "https://eu.arka-ai.com", "--force", stdin=OTHER)
    assert done.code == 0
    assert arka("status", "-p", "work", "--json").json["token"]["origin"] == "https://eu.arka-ai.com"
