"""`logout`: the token is removed, and the profile's settings stay."""

from __future__ import annotations

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
