"""`logout` removes the token and keeps the profile's settings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import OTHER, TOKEN, arka

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "https://arka-ai.com/app/personal/settings/tokens"


def tokens(home: Path) -> list[str]:
    return sorted(path.stem for path in (home / "data" / "tokens").glob("*.json"))


def test_logout_removes_the_effective_profile_s_token(two_profiles: Path) -> None:
    done = arka("logout")
    assert (done.code, done.out) == (0, "")
    assert done.err == f"✓ Forgot the token of profile 'work'\n  It works until it is revoked: {PAGE}\n"
    assert tokens(two_profiles) == ["ci"]


def test_logout_json_names_the_profile(two_profiles: Path) -> None:
    assert arka("logout", "-p", "ci", "--json").json == {"profiles": ["ci"]}
    assert tokens(two_profiles) == ["work"]


def test_logout_all_removes_every_token(two_profiles: Path) -> None:
    assert arka("logout", "--all", "--json").json == {"profiles": ["ci", "work"]}
    assert tokens(two_profiles) == []
    again = arka("logout", "--all")
    assert (again.code, again.err) == (0, "No token is stored\n")


@pytest.mark.usefixtures("two_profiles")
def test_logout_keeps_settings_and_active_profile() -> None:
    assert arka("profiles", "set", "work", "timeout=7").code == 0
    assert arka("logout").code == 0
    assert arka("config", "get", "timeout").out == "7\n"
    done = arka("token")
    assert (done.code, "profile 'work' has no token" in done.err) == (4, True)


@pytest.mark.usefixtures("home")
def test_logout_keeps_a_profile_without_a_file_and_its_workspace() -> None:
    arka("login", "-p", "eu", "--with-token", "--api-url", "https://eu.arka-ai.com", stdin=TOKEN)
    done = arka("logout")
    assert "https://eu.arka-ai.com/app/personal/settings/tokens" in done.err
    assert arka("config", "get", "api_url", "-p", "eu").out == "https://eu.arka-ai.com\n"


@pytest.mark.usefixtures("two_profiles")
def test_second_logout_says_that_no_token_is_stored() -> None:
    assert arka("logout").code == 0
    again = arka("logout", "--json")
    assert (again.code, again.json, again.err) == (0, {"profiles": []}, "Profile 'work' has no stored token\n")


@pytest.mark.usefixtures("two_profiles")
def test_logout_of_a_token_reference_says_how_to_remove_it() -> None:
    assert arka("profiles", "create", "far", "token.env=FAR_TOKEN").code == 0
    done = arka("logout", "-p", "far")
    assert (done.code, "arka profiles unset far token" in done.err) == (0, True)


@pytest.mark.usefixtures("two_profiles")
def test_logout_notes_a_token_in_the_environment() -> None:
    done = arka("logout", environ={"ARKA_API_KEY": OTHER})
    assert "ARKA_API_KEY is still set in this shell: unset ARKA_API_KEY" in done.err


@pytest.mark.parametrize("options", [[], ["-p", "work"], ["--all"]])
def test_logout_removes_an_unreadable_token(two_profiles: Path, options: list[str]) -> None:
    (two_profiles / "data" / "tokens" / "work.json").write_text("{")
    assert arka("logout", *options).code == 0
    assert "work" not in tokens(two_profiles)


@pytest.mark.usefixtures("home")
def test_logout_says_how_to_unset_the_only_token() -> None:
    done = arka("logout", environ={"ARKA_API_KEY": TOKEN})
    assert (done.code, done.err) == (
        4,
        "error: no token is stored: the one in use is in ARKA_API_KEY\nhint: unset ARKA_API_KEY\n",
    )


@pytest.mark.usefixtures("home")
def test_logout_fails_without_a_profile() -> None:
    done = arka("logout")
    assert (done.code, "no profile is selected" in done.err) == (1, True)


def test_logout_fails_for_a_misspelled_profile(two_profiles: Path) -> None:
    done = arka("logout", "-p", "wrok")
    assert (done.code, "did you mean 'work'?" in done.err) == (1, True)
    assert tokens(two_profiles) == ["ci", "work"]


# The copy in the Node CLI's file

COPY = "~/.config/arka-code-nodejs/config.json"


@pytest.fixture
def legacy(two_profiles: Path, tmp_path: Path) -> Path:
    """The Node CLI's file, with the token of profile `work`."""
    assert arka("export", "legacy").code == 0
    return tmp_path / ".config" / "arka-code-nodejs" / "config.json"


def test_logout_says_that_the_node_cli_s_file_still_holds_the_token(legacy: Path) -> None:
    before = legacy.read_text()
    done = arka("logout")
    assert f"note: {COPY} still holds the token: arka logout --legacy --profile work\n" in done.err
    assert legacy.read_text() == before
    assert arka(*["logout", "--legacy", "--profile", "work"]).code == 0
    assert json.loads(legacy.read_text()) == {}


def test_logout_legacy_removes_the_copy_and_nothing_else(legacy: Path) -> None:
    legacy.write_text(json.dumps({"theme": "dark", "auth": {"user": "me", "apiKey": TOKEN}}))
    done = arka("logout", "--legacy", "--json")
    assert done.json == {"profiles": ["work"]}
    assert f"✓ Removed the copy in {COPY}, key 'auth.apiKey'" in done.err
    assert json.loads(legacy.read_text()) == {"theme": "dark", "auth": {"user": "me"}}


def test_logout_of_another_profile_leaves_the_node_cli_s_token(legacy: Path) -> None:
    before = legacy.read_text()
    assert COPY not in arka("logout", "-p", "ci").err
    arka("login", "-p", "ci", "--with-token", stdin=OTHER)
    done = arka("logout", "-p", "ci", "--legacy")
    assert (done.code, f"note: {COPY} has another token, which stays there" in done.err) == (0, True)
    assert legacy.read_text() == before


def test_logout_all_reports_or_removes_any_token_of_the_node_cli(legacy: Path) -> None:
    legacy.write_text(json.dumps({"token": "arka_" + "z" * 37}))
    done = arka("logout", "--all")
    assert f"note: {COPY} still holds a token: arka logout --legacy --all" in done.err
    assert arka("logout", "--all", "--legacy").code == 0
    assert json.loads(legacy.read_text()) == {}


def test_logout_reports_a_copy_that_cannot_be_compared(legacy: Path, two_profiles: Path) -> None:
    (two_profiles / "data" / "tokens" / "work.json").write_text("{")
    done = arka("logout")
    assert f"{COPY} still holds a token: arka logout --legacy --profile work" in done.err
    assert TOKEN in legacy.read_text()


def test_logout_succeeds_with_an_unreadable_node_cli_file(legacy: Path) -> None:
    legacy.write_text("{")
    done = arka("logout", "--legacy")
    assert (done.code, f"warning: the legacy file may hold a token: {legacy}, line 1" in done.err) == (0, True)
    assert "Forgot the token of profile 'work'" in done.err


def test_removal_of_a_profile_reports_the_copy(legacy: Path) -> None:
    done = arka("profiles", "remove", "work", "--yes")
    assert f"note: {COPY} still holds the token" in done.err
    assert TOKEN in legacy.read_text()
