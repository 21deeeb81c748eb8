"""The program as a user has it: from login to where a value came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.testing import USER, MadeUpTokens, RunCli

if TYPE_CHECKING:
    from arka_config.workspace.server.running import Running


def test_a_login_is_verified(run_cli: RunCli, cli_workspace: Running) -> None:
    token = cli_workspace.issue(USER, "Laptop").secret.reveal()
    done = run_cli("login", "-p", "harbour", "--with-token", "--verify", stdin=token)
    assert (done.code, f"(verified, as {USER})" in done.err) == (0, True)
    assert run_cli("high", "Bergen").out == "Bergen: 3.5 metres\n"


def test_who_wins(run_cli: RunCli, cli_tokens: MadeUpTokens) -> None:
    cli_tokens.add("harbour", settings={"unit": "feet"})
    assert run_cli("high", "Bergen").out == "Bergen: 11.5 feet\n"
    assert run_cli("high", "Bergen", environ={"TIDES_UNIT": "metres"}).out == "Bergen: 3.5 metres\n"
    assert run_cli("-p", "harbour", "high", "Bergen", environ={"TIDES_UNIT": "metres"}).out == "Bergen: 11.5 feet\n"
    assert run_cli("high", "Bergen", "--unit", "metres", "--upper").out == "BERGEN: 3.5 METRES\n"


def test_every_value_says_where_it_came_from(run_cli: RunCli, cli_tokens: MadeUpTokens) -> None:
    cli_tokens.add("harbour", settings={"unit": "feet"})
    found = run_cli("config", "show", "--sources", "--json").json["settings"]["unit"]
    assert (found["value"], found["layer"], found["overridden"][0]["layer"]) == ("feet", "profile", "default")


def test_only_the_commands_that_were_added_are_there(run_cli: RunCli) -> None:
    assert run_cli("vault", "status").code == 2
    assert run_cli("prompt").code == 2


def test_without_a_token_it_says_how_to_get_one(run_cli: RunCli) -> None:
    done = run_cli("high", "Bergen")
    assert (done.code, done.err.splitlines()[-1]) == (4, "hint: tides login")
