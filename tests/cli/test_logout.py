"""`logout`: the token goes, and the profile's settings stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.program import OTHER, TOKEN, arka

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "https://arka-ai.com/app/personal/settings/tokens"


def tokens(home: Path) -> list[str]:
    return sorted(path.stem for path in (home / "data" / "tokens").glob("*.json"))


def test_the_token_of_the_profile_in_force_is_forgotten(two: Path) -> None:
    done = arka("logout")
    assert (done.code, done.out) == (0, "")
    assert done.err == f"✓ Forgot the token of profile 'work'\n  It works until it is revoked: {PAGE}\n"
    assert tokens(two) == ["ci"]


def test_a_profile_can_be_named_and_json_names_it(two: Path) -> None:
    assert arka("logout", "-p", "ci", "--json").json == {"profiles": ["ci"]}
    assert tokens(two) == ["work"]


def test_all_tokens_can_be_forgotten_at_once(two: Path) -> None:
    assert arka("logout", "--all", "--json").json == {"profiles": ["ci", "work"]}
    assert tokens(two) == []
    again = arka("logout", "--all")
    assert (again.code, again.err) == (0, "No token is stored\n")


@pytest.mark.usefixtures("two")
def test_the_settings_stay_and_the_profile_stays_active() -> None:
    assert arka("profiles", "set", "work", "timeout=7").code == 0
    assert arka("logout").code == 0
    assert arka("config", "get", "timeout").out == "7\n"
    done = arka("token")
    assert (done.code, "profile 'work' has no token" in done.err) == (4, True)


@pytest.mark.usefixtures("home")
def test_a_profile_that_was_only_a_token_stays_and_keeps_its_workspace() -> None:
    arka("login", "-p", "eu", "--with-token", "--api-url", "https://eu.arka-ai.com", stdin=TOKEN)
    done = arka("logout")
    assert "https://eu.arka-ai.com/app/personal/settings/tokens" in done.err
    assert arka("config", "get", "api_url", "-p", "eu").out == "https://eu.arka-ai.com\n"


@pytest.mark.usefixtures("two")
def test_logging_out_twice_says_that_there_was_nothing_to_forget() -> None:
    assert arka("logout").code == 0
    again = arka("logout", "--json")
    assert (again.code, again.json, again.err) == (0, {"profiles": []}, "Profile 'work' has no stored token\n")


@pytest.mark.usefixtures("two")
def test_a_reference_is_not_a_stored_token() -> None:
    assert arka("profiles", "create", "far", "token.env=FAR_TOKEN").code == 0
    done = arka("logout", "-p", "far")
    assert (done.code, "arka profiles unset far token" in done.err) == (0, True)


@pytest.mark.usefixtures("two")
def test_a_token_in_the_environment_is_still_there() -> None:
    done = arka("logout", environ={"ARKA_API_KEY": OTHER})
    assert "ARKA_API_KEY is still set in this shell: unset ARKA_API_KEY" in done.err


@pytest.mark.parametrize("options", [[], ["-p", "work"], ["--all"]])
def test_a_token_that_cannot_be_read_can_be_forgotten(two: Path, options: list[str]) -> None:
    (two / "data" / "tokens" / "work.json").write_text("{")
    assert arka("logout", *options).code == 0
    assert "work" not in tokens(two)


@pytest.mark.usefixtures("home")
def test_without_a_profile_there_is_nothing_to_log_out_of() -> None:
    done = arka("logout")
    assert (done.code, "no profile is selected" in done.err) == (1, True)


def test_a_misspelled_profile_is_not_another_one(two: Path) -> None:
    done = arka("logout", "-p", "wrok")
    assert (done.code, "did you mean 'work'?" in done.err) == (1, True)
    assert tokens(two) == ["ci", "work"]
