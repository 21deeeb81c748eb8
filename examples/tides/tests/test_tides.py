"""End-to-end tests of the program: login, profiles and the source of each value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.testing import USER, FakeTokens, RunCli

if TYPE_CHECKING:
    from arka_config.workspace.server.serving import RunningWorkspace


def test_login_verifies_token(run_cli: RunCli, cli_workspace: RunningWorkspace) -> None:
    token = cli_workspace.issue(USER, "Laptop").secret.reveal()
    result = run_cli("login", "-p", "harbour", "--with-token", "--verify", stdin=token)
    assert (result.code, f"(verified, as {USER})" in result.err) == (0, True)
    assert run_cli("high", "Bergen").out == "Bergen: 3.5 metres\n"


def test_flag_beats_environment_beats_profile(run_cli: RunCli, cli_tokens: FakeTokens) -> None:
    cli_tokens.add("harbour", settings={"unit": "feet"})
    assert run_cli("high", "Bergen").out == "Bergen: 11.5 feet\n"
    assert run_cli("high", "Bergen", environ={"TIDES_UNIT": "metres"}).out == "Bergen: 3.5 metres\n"
    assert run_cli("-p", "harbour", "high", "Bergen", environ={"TIDES_UNIT": "metres"}).out == "Bergen: 11.5 feet\n"
    assert run_cli("high", "Bergen", "--unit", "metres", "--upper").out == "BERGEN: 3.5 METRES\n"


def test_config_show_reports_the_source(run_cli: RunCli, cli_tokens: FakeTokens) -> None:
    cli_tokens.add("harbour", settings={"unit": "feet"})
    setting = run_cli("config", "show", "--sources", "--json").json["settings"]["unit"]
    assert (setting["value"], setting["layer"], setting["overridden"][0]["layer"]) == ("feet", "profile", "default")


def test_commands_not_added_are_usage_errors(run_cli: RunCli) -> None:
    assert run_cli("vault", "status").code == 2
    assert run_cli("prompt").code == 2


def test_missing_token_hints_at_login(run_cli: RunCli) -> None:
    result = run_cli("high", "Bergen")
    assert (result.code, result.err.splitlines()[-1]) == (4, "hint: tides login")
