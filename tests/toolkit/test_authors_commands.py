"""A program's own click commands after `add_commands`: options, `--json`, help, version, and `async def`."""

from __future__ import annotations

import asyncio
import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner

from arka_config import App
from arka_config.cli.runtime.command_tree import run_click
from tests.acme import Settings, app

if TYPE_CHECKING:
    from click.testing import Result


@pytest.fixture
def cli() -> click.Group:
    """A group with one decorator for each command."""

    @click.group()
    def cli() -> None:
        """The program of Acme."""

    @cli.command()
    def before() -> None:
        click.echo("before")

    app.add_commands(cli)

    @cli.command()
    @app.pass_settings
    def whoami(settings: Settings) -> None:
        """Show the timeout."""
        click.echo(settings.timeout)

    @cli.command()
    @app.pass_settings(options=["timeout"])
    def wait(settings: Settings) -> None:
        click.echo(settings.timeout)

    @cli.command()
    @app.json_option
    @app.pass_settings
    def report(settings: Settings) -> None:
        click.echo(json.dumps({"timeout": settings.timeout}) if app.wants_json() else "in words")

    @cli.group()
    def inner() -> None:
        """More."""

    @inner.command()
    def plain() -> None:
        click.echo("plain")

    return cli


def invoke(cli: click.Group, *words: str, **more: Any) -> tuple[int, str]:
    done = CliRunner().invoke(cli, words, prog_name="acme", **more)
    return done.exit_code, done.output


def create_profile(cli: click.Group, name: str, timeout: str) -> None:
    assert invoke(cli, "profiles", "create", name, f"timeout={timeout}")[0] == 0


def test_profile_option_works_on_every_command_of_the_group(cli: click.Group) -> None:
    create_profile(cli, "slow", "90")
    for words in (["whoami", "-p", "slow"], ["-p", "slow", "whoami"], ["wait", "--no-input", "-p", "slow"]):
        assert invoke(cli, *words) == (0, "90.0\n"), words
    for words in (["before", "-p", "slow"], ["inner", "-p", "slow", "plain"], ["inner", "plain", "-p", "slow"]):
        assert invoke(cli, *words)[0] == 0, words
    code, output = invoke(cli, "-p", "slow", "inner", "plain", "-p", "fast")
    assert (code, "--profile was given twice" in output) == (2, True)
    assert "-p, --profile NAME" in invoke(cli, "inner", "plain", "--help")[1]


def test_one_decorator_adds_the_options_of_settings(cli: click.Group) -> None:
    assert invoke(cli, "wait", "--timeout", "7") == (0, "7.0\n")
    assert invoke(cli, "whoami", "--timeout", "7")[0] == 2


def test_json_is_offered_only_by_commands_that_implement_it(cli: click.Group) -> None:
    for words in ([], ["whoami"], ["before"], ["inner"], ["inner", "plain"]):
        assert "--json" not in invoke(cli, *words, "--help")[1], words
    assert invoke(cli, "whoami", "--json")[0] == 2
    code, output = invoke(cli, "--json", "whoami")
    assert (code, "--json before 'whoami': this command does not have it" in output) == (2, True)
    assert invoke(cli, "--json", "inner", "plain")[0] == 2
    assert "--json" in invoke(cli, "report", "--help")[1]
    assert json.loads(invoke(cli, "--json", "profiles", "list")[1])["profiles"] == []


def test_author_s_command_reads_json_before_and_after_its_name(cli: click.Group) -> None:
    assert invoke(cli, "report") == (0, "in words\n")
    for words in (["report", "--json"], ["--json", "report"]):
        assert json.loads(invoke(cli, *words)[1]) == {"timeout": 30}


def test_error_of_author_s_command_with_json_is_json(cli: click.Group, capsys: pytest.CaptureFixture[str]) -> None:
    done = CliRunner().invoke(cli, ["report", "--json", "-p", "nosuch"], prog_name="acme")
    assert json.loads(done.stdout)["error"]["message"] == "there is no profile 'nosuch'"
    with pytest.raises(Exception, match="no such option"):
        run_click(app, cli, ["report", "--json", "--nosuch"])
    assert "no such option" in json.loads(capsys.readouterr().out)["error"]["message"].lower()


def test_help_lists_author_s_commands_in_a_section_of_their_own(cli: click.Group) -> None:
    text = invoke(cli, "--help")[1]
    own = text.partition("Commands:\n")[2].partition("\n\n")[0]
    assert [line.split()[0] for line in own.splitlines()] == ["before", "inner", "report", "wait", "whoami"]
    assert text.index("Commands:") < text.index("Sign in:") < text.index("Manage:")


def test_group_with_its_own_help_and_commands_keeps_them() -> None:
    class Lazy(click.Group):
        def list_commands(self, ctx: click.Context) -> list[str]:
            return ["found"]

        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
            return click.Command(cmd_name, callback=lambda: click.echo("found")) if cmd_name == "found" else None

        def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
            formatter.write("mine")

    lazy = Lazy("acme")
    app.add_commands(lazy)
    assert isinstance(lazy, Lazy)
    assert invoke(lazy, "found", "-p", "work") == (0, "found\n")
    assert "mine" in invoke(lazy, "--help")[1]


def test_version_is_the_program_s() -> None:
    group = click.Group("acme")
    App("acme", version="7.1").add_commands(group)
    assert invoke(group, "--version") == (0, "acme 7.1\n")
    other = click.Group("acme")
    App("acme", distribution="click").add_commands(other)
    assert invoke(other, "--version") == (0, f"acme {version('click')}\n")
    without = click.Group("acme")
    App("acme").add_commands(without)
    assert invoke(without, "-V") == (0, "acme (version unknown)\n")


def test_version_option_of_the_author_is_kept() -> None:
    @click.group()
    @click.version_option("1.0", message="mine %(version)s")
    def group() -> None: ...

    App("acme", version="7.1").add_commands(group)
    assert invoke(group, "--version") == (0, "mine 1.0\n")


def test_async_commands_run(cli: click.Group) -> None:
    @cli.command()
    async def sleepy() -> None:
        await asyncio.sleep(0)
        click.echo("awake")

    @cli.command()
    @app.pass_settings(options=["timeout"])
    async def fetch(settings: Settings) -> None:
        await asyncio.sleep(0)
        click.echo(settings.timeout)

    @click.command()
    @app.profile_option
    async def alone() -> None:
        click.echo("alone")

    assert invoke(cli, "sleepy") == (0, "awake\n")
    assert invoke(cli, "fetch", "--timeout", "2") == (0, "2.0\n")
    assert CliRunner().invoke(alone, []).output == "alone\n"


def test_async_command_in_a_running_loop_says_how_to_call_it(cli: click.Group) -> None:
    @cli.command()
    @app.pass_settings(options=["timeout"])
    async def fetch(settings: Settings) -> None:
        click.echo(settings.timeout)

    @cli.command()
    async def sleepy() -> None: ...

    async def call(*words: str) -> Result:
        return CliRunner().invoke(cli, words)

    message = "is async, and was called in an event loop that is running already"
    done = asyncio.run(call("fetch"))
    assert (done.exit_code, f"the command 'fetch' {message}" in done.stderr) == (1, True)
    assert "await asyncio.to_thread(main)" in done.stderr
    assert f"the command 'sleepy' {message}" in str(asyncio.run(call("sleepy")).exception)

    async def call_in_thread() -> Result:
        return await asyncio.to_thread(CliRunner().invoke, cli, ["fetch", "--timeout", "2"])

    assert asyncio.run(call_in_thread()).output == "2.0\n"


pytestmark = pytest.mark.usefixtures("acme_home")


def test_async_function_outside_of_a_command_is_awaited_by_its_caller() -> None:
    @app.pass_settings
    async def job(settings: Settings) -> float:
        return settings.timeout

    assert asyncio.run(job()) == 30
