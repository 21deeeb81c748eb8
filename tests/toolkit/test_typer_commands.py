"""A program's own Typer commands after `add_commands`: options, `--json`, version, and `async def`."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from arka_config import App, open_store
from tests.acme import Settings

if TYPE_CHECKING:
    from pathlib import Path

app = App("acme", settings="tests.acme:Settings", version="7.1")
cli = typer.Typer(add_completion=False, help="The program of Acme.")
inner = typer.Typer()


@cli.command()
def before() -> None:
    typer.echo("before")


app.add_commands(cli)


@cli.command()
@app.pass_settings(options=["timeout"])
def wait(settings: Settings) -> None:
    typer.echo(settings.timeout)


@cli.command()
@app.json_option
@app.pass_settings
def report(settings: Settings) -> None:
    typer.echo(json.dumps({"timeout": settings.timeout}) if app.wants_json() else "in words")


@cli.command()
@app.pass_settings
async def fetch(settings: Settings) -> None:
    await asyncio.sleep(0)
    typer.echo(settings.timeout)


@cli.command()
async def sleepy() -> None:
    await asyncio.sleep(0)
    typer.echo("awake")


@cli.command()
def port(number: Annotated[int, typer.Option("-p", "--port")] = 1, debug: bool = False) -> None:
    typer.echo(f"{number} {debug}")


@inner.command()
@app.pass_settings
def deep(settings: Settings) -> None:
    typer.echo(settings.timeout)


@inner.command()
def deeper() -> None: ...


cli.add_typer(inner, name="inner")


@pytest.fixture(autouse=True)
def slow_profile(acme_home: Path) -> None:
    """A profile `slow` with a timeout of its own."""
    open_store(app).create("slow", {("settings", "timeout"): 90})


def invoke(*words: str) -> tuple[int, str]:
    done: Any = CliRunner().invoke(cli, words, prog_name="acme")
    return done.exit_code, done.output


def test_profile_option_works_on_every_command_without_a_callback_of_the_author() -> None:
    for words in (
        ["wait", "-p", "slow"],
        ["-p", "slow", "wait"],
        ["fetch", "-p", "slow"],
        ["inner", "deep", "-p", "slow"],
    ):
        assert invoke(*words) == (0, "90.0\n"), words
    assert invoke("wait", "--timeout", "7", "-p", "slow") == (0, "7.0\n")
    assert invoke("before", "-p", "slow") == (0, "before\n")
    assert invoke("-p", "slow", "inner", "deeper", "--no-input")[0] == 0
    assert invoke("-p", "slow", "sleepy", "-p", "fast")[0] == 2


def test_author_s_own_options_are_kept() -> None:
    assert invoke("port", "-p", "80", "--debug") == (0, "80 True\n")
    assert invoke("port", "--no-input") == (0, "1 False\n")


def test_json_is_offered_only_by_commands_that_implement_it() -> None:
    assert json.loads(invoke("report", "--json")[1]) == {"timeout": 30}
    assert json.loads(invoke("--json", "report")[1]) == {"timeout": 30}
    assert invoke("report") == (0, "in words\n")
    assert invoke("wait", "--json")[0] == 2
    code, output = invoke("--json", "wait")
    assert (code, "--json before 'wait': this command does not have it" in output) == (2, True)
    assert "--json" not in invoke("--help")[1]


def test_version_and_help_are_the_program_s() -> None:
    assert invoke("--version") == (0, "acme 7.1\n")
    assert "The program of Acme." in invoke("--help")[1]


def test_async_command_without_a_decorator_of_the_app_runs() -> None:
    assert invoke("sleepy") == (0, "awake\n")
