"""End-to-end tests of the program: login, profiles and the source of each value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from arka_config.testing import USER, ApprovingBrowser, FakeTokens, RunCli

if TYPE_CHECKING:
    from pathlib import Path

    from arka_config.workspace.server.serving import RunningWorkspace


def test_missing_token_hints_at_login(run_cli: RunCli) -> None:
    result = run_cli("forecast", "Oslo")
    assert result.code == 4
    assert result.err.endswith("hint: weather login\n")


def test_login_verifies_token_and_account_shows_its_user(run_cli: RunCli, cli_workspace: RunningWorkspace) -> None:
    token = cli_workspace.issue(USER, "Laptop").secret.reveal()
    result = run_cli("login", "-p", "home", "--with-token", "--verify", stdin=token)
    assert (result.code, f"(verified, as {USER})" in result.err) == (0, True)
    assert run_cli("account").out == f"{USER} (profile)\n"


@pytest.mark.parametrize("environ", [{}, {"SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}])
def test_login_through_the_browser(environ: dict[str, str], run_cli: RunCli, cli_browser: ApprovingBrowser) -> None:
    result = run_cli("login", "-p", "home", "--json", environ=environ)
    assert (result.code, f"(verified, as {USER})" in result.err) == (0, True)
    assert len(cli_browser.pages) == 1
    assert run_cli("account").out == f"{USER} (profile)\n"


def test_each_profile_has_its_own_settings(run_cli: RunCli, cli_tokens: FakeTokens) -> None:
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
def test_flag_beats_environment_beats_profile(
    words: list[str], variables: dict[str, str], days: int, run_cli: RunCli, cli_tokens: FakeTokens
) -> None:
    cli_tokens.add("home", settings={"display.days": 2})
    assert len(run_cli("forecast", "Oslo", *words, environ=variables).out.splitlines()) == days


def test_config_show_reports_the_source(run_cli: RunCli, cli_tokens: FakeTokens, cli_home: Path) -> None:
    cli_tokens.add("home", settings={"display.days": 2})
    output = run_cli("config", "show", "--sources", "--json", environ={"WEATHER_DISPLAY__DAYS": "5"}).json
    setting = output["settings"]["display.days"]
    assert (setting["value"], setting["layer"]) == (5, "env")
    assert [other["layer"] for other in setting["overridden"]] == ["profile", "default"]
    assert cli_home.is_dir()


def test_invalid_value_error_names_setting_and_source(run_cli: RunCli, cli_tokens: FakeTokens) -> None:
    cli_tokens.add("home")
    result = run_cli("forecast", "Oslo", environ={"WEATHER_DISPLAY__DAYS": "90"})
    assert result.code == 1
    assert result.err.startswith("error: display.days: input should be less than or equal to 14 (env: WEATHER_DISPLAY")
