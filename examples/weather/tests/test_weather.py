"""The program as a user has it: from login to where a value came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from arka_config.testing import USER, MadeUpTokens, RunCli

if TYPE_CHECKING:
    from pathlib import Path

    from arka_config.workspace.server.running import Running


def test_without_a_token_it_says_how_to_get_one(run_cli: RunCli) -> None:
    done = run_cli("forecast", "Oslo")
    assert done.code == 4
    assert done.err.endswith("hint: weather login\n")


def test_a_login_is_verified_and_the_account_is_the_user_s(run_cli: RunCli, cli_workspace: Running) -> None:
    token = cli_workspace.issue(USER, "Laptop").secret.reveal()
    done = run_cli("login", "-p", "home", "--with-token", "--verify", stdin=token)
    assert (done.code, f"(verified, as {USER})" in done.err) == (0, True)
    assert run_cli("account").out == f"{USER} (profile)\n"


def test_two_profiles_have_settings_of_their_own(run_cli: RunCli, cli_tokens: MadeUpTokens) -> None:
    cli_tokens.add("home", settings={"display.days": 1})
    cli_tokens.add("cabin", settings={"display.days": 2, "display.units": "imperial"}, active=False)
    assert run_cli("forecast", "Oslo").out == "Oslo, day 1: 0 °C\n"
    assert run_cli("forecast", "Oslo", "-p", "cabin").out == "Oslo, day 1: 32 °F\nOslo, day 2: 44 °F\n"
    assert [row["name"] for row in run_cli("profiles", "list", "--json").json["profiles"]] == ["cabin", "home"]


@pytest.mark.parametrize(
    ("words", "variables", "days"),
    [
        ([], {}, 2),
        ([], {"WEATHER_DISPLAY__DAYS": "3"}, 3),
        (["--display-days", "4"], {"WEATHER_DISPLAY__DAYS": "3"}, 4),
        (["-p", "home"], {"WEATHER_DISPLAY__DAYS": "3"}, 2),
    ],
)
def test_who_wins(
    words: list[str], variables: dict[str, str], days: int, run_cli: RunCli, cli_tokens: MadeUpTokens
) -> None:
    cli_tokens.add("home", settings={"display.days": 2})
    assert len(run_cli("forecast", "Oslo", *words, environ=variables).out.splitlines()) == days


def test_every_value_says_where_it_came_from(run_cli: RunCli, cli_tokens: MadeUpTokens, cli_home: Path) -> None:
    cli_tokens.add("home", settings={"display.days": 2})
    shown = run_cli("config", "show", "--sources", "--json", environ={"WEATHER_DISPLAY__DAYS": "5"}).json
    found = shown["settings"]["display.days"]
    assert (found["value"], found["layer"]) == (5, "env")
    assert [other["layer"] for other in found["overridden"]] == ["profile", "default"]
    assert cli_home.is_dir()


def test_a_value_that_does_not_fit_is_named_with_its_place(run_cli: RunCli, cli_tokens: MadeUpTokens) -> None:
    cli_tokens.add("home")
    done = run_cli("forecast", "Oslo", environ={"WEATHER_DISPLAY__DAYS": "90"})
    assert done.code == 1
    assert done.err.startswith("error: display.days: input should be less than or equal to 14 (env: WEATHER_DISPLAY")
