"""`arka` alone shows the user, the effective profile and why it is, what needs attention, and the next step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from arka_config import Credential, Origin, Secret, open_store, timestamps
from arka_config.app_identity import AppIdentity
from arka_config.arka import app
from arka_config.cli.runtime.run import run
from arka_config.errors import ConfigError
from arka_config.store.token_files import TokenFiles
from tests.acme import app as acme
from tests.cli.program import OTHER, TOKEN, arka

if TYPE_CHECKING:
    from datetime import timedelta

ORIGIN = Origin.of("https://arka-ai.com")


def log_in(name: str, *, days: int | None = None, **more: str) -> None:
    expires = "" if days is None else timestamps.to_text(timestamps.now() + days_of(days))
    user = more.pop("user", "ann@example.com")
    open_store(app).log_in(name, Credential(Secret(TOKEN), ORIGIN, expires=expires, user=user, **more))


def days_of(count: int) -> timedelta:
    from datetime import timedelta

    return timedelta(days=count)


def attention() -> list[tuple[str, str]]:
    return [(notice["text"], notice["hint"]) for notice in arka("--json").json["attention"]]


@pytest.mark.usefixtures("home")
def test_fresh_machine_gets_the_first_step() -> None:
    done = arka()
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "user       not signed in\nprofile    none\ntoken      none\n\nNext: arka login  # sign in\nHelp: arka help\n"
    )


@pytest.mark.usefixtures("home")
def test_overview_shows_user_profile_and_why() -> None:
    log_in("work", label="MacBook Pro", days=90)
    done = arka()
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[:2] == ["user       ann@example.com", "profile    work (the active one: arka use)"]
    assert lines[2].startswith('token      arka_…9f3c "MacBook Pro", expires in 90 days (')
    assert lines[3:] == [
        "workspace  https://arka-ai.com",
        "",
        "Next: arka exec -- COMMAND  # run a command with the token",
        "Help: arka help",
    ]


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("words", "environ", "reason"),
    [
        (["-p", "ci"], {}, "named by --profile"),
        ([], {"ARKA_PROFILE": "ci"}, "named by ARKA_PROFILE"),
        ([], {}, "the active one: arka use"),
    ],
)
def test_overview_says_why_the_profile_is_effective(words: list[str], environ: dict[str, str], reason: str) -> None:
    log_in("work")
    log_in("ci")
    if not words and not environ:
        arka("use", "ci")
    assert f"\nprofile    ci ({reason})\n" in arka(*words, environ=environ).out


def test_overview_names_the_pinned_directory(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    log_in("work")
    log_in("ci")
    arka("use", "ci", "--here")
    assert f"profile    ci (pinned to {tmp_path})" in arka().out.replace("~", str(Path.home()))


@pytest.mark.usefixtures("home")
def test_overview_names_expired_expiring_and_unverified_tokens() -> None:
    log_in("work", days=3)
    log_in("old", days=-12)
    log_in("ci", user="")
    log_in("late", days=200)
    assert attention() == [
        ("the token of profile 'old' expired 12 days ago", "arka login -p old"),
        ("the token of profile 'work' expires in 3 days", "arka rotate -p work"),
        ("the token of profile 'ci' was never verified", "arka profiles verify ci"),
    ]
    assert "Next: arka login -p old  # " in arka().out
    log_in("late", user="")
    assert attention()[-1] == ("2 tokens were never verified", "arka profiles verify")


def test_overview_names_a_token_that_is_not_sealed(home: Path) -> None:
    log_in("work")
    assert arka("vault", "enable", "--with", "key-file").code == 0
    open_store(app).log_in("ci", Credential(Secret(OTHER), ORIGIN, user="ann@example.com"), storage="plain")
    done = arka("--json")
    (notice,) = done.json["attention"]
    file = home / "data" / "tokens" / "ci.json"
    assert notice["text"].startswith(f"{file} is in plain text, although sealing is on: ")
    assert "arka doctor --fix" in notice["text"] + notice["hint"]


def test_overview_shows_broken_files_and_the_rest(home: Path) -> None:
    log_in("work")
    (home / "data" / "tokens" / "bad.json").write_text("{")
    (home / "data" / "tokens" / "bad.json").chmod(0o600)
    done = arka()
    assert done.code == 0
    assert "user       ann@example.com" in done.out
    assert f"{home}/data/tokens/bad.json" in done.out


@pytest.mark.usefixtures("home")
def test_overview_ends_with_the_error_of_the_effective_token() -> None:
    log_in("work")
    done = arka(environ={"ARKA_PROFILE": "wrok"})
    assert (done.code, done.err) == (
        1,
        "error: there is no profile 'wrok' (from ARKA_PROFILE)\nhint: did you mean 'work'?\n",
    )
    assert "profile    wrok (named by ARKA_PROFILE)" in done.out
    document = json.loads(arka("--json", environ={"ARKA_PROFILE": "wrok"}).out)
    assert document["error"]["message"] == "there is no profile 'wrok' (from ARKA_PROFILE)"


@pytest.mark.usefixtures("home")
def test_overview_says_which_token_is_hidden() -> None:
    log_in("work")
    done = arka(environ={"ARKA_API_KEY": OTHER})
    assert "token      arka_…77d1 (from ARKA_API_KEY)" in done.out
    assert "user       unknown" in done.out
    assert "ARKA_API_KEY" in done.out.partition("Needs attention:")[2]


@pytest.mark.usefixtures("home")
def test_overview_of_a_profile_without_a_token_suggests_login() -> None:
    arka("profiles", "create", "work")
    assert "Next: arka login -p work  # " in arka("-p", "work").out
    assert "Next: arka use  # choose a profile" in arka().out


@pytest.mark.usefixtures("home")
def test_overview_suggests_only_commands_of_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(AppIdentity("acme", commands=["profiles", "token"]), []) == 0
    assert "Next: acme help  # list the commands" in capsys.readouterr().out
    assert run(acme, []) == 0
    assert "Next: acme login  # sign in" in capsys.readouterr().out


@pytest.mark.usefixtures("home")
def test_overview_names_no_unverified_token_if_the_app_cannot_verify(capsys: pytest.CaptureFixture[str]) -> None:
    plain = AppIdentity("plain", api_url="https://api.plain.example")
    open_store(plain).log_in("work", Credential(Secret("secret-0123456789"), Origin.of("https://api.plain.example")))
    assert run(plain, []) == 0
    out = capsys.readouterr().out
    assert "profile    work" in out
    assert "Needs attention" not in out


@pytest.mark.usefixtures("home")
def test_next_step_is_never_the_hint_of_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error's hint is for the user to read: no code looks into it, even if it begins with a command."""
    log_in("bad")
    log_in("work")
    arka("use", "work")
    read = TokenFiles.read

    def fail_for_one(tokens: TokenFiles, name: str) -> Credential | None:
        if name == "bad":
            raise ConfigError("bad cannot be read", hint="arka vault status, or restore it")
        return read(tokens, name)

    monkeypatch.setattr(TokenFiles, "read", fail_for_one)
    assert attention() == [("bad cannot be read", "arka vault status, or restore it")]
    assert "Next: arka exec -- COMMAND  # " in arka().out
