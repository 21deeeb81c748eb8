"""The toolkit in a Typer program, with the click that this Typer uses."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from tests.acme import Settings, app

if TYPE_CHECKING:
    pass

pytestmark = pytest.mark.usefixtures("acme_home")
TOKEN = "acme_0123456789abcdef"

cli = typer.Typer(add_completion=False)


@cli.callback()
@app.profile_option
def main() -> None:
    """The program of Acme."""


@cli.command()
@app.profile_option
@app.settings_options(Settings, only=["timeout", "verbose", "tags", "api_url"])
@app.pass_settings
def show(settings: Settings, name: Annotated[str, typer.Argument(help="A setting.")], loud: bool = False) -> None:
    """Print a setting and its source."""
    found = settings.source_of(name)
    typer.echo(f"{getattr(settings, name)!r} {found.layer} {found.place}{'!' if loud else ''}")


@cli.command()
@app.pass_settings
def with_context(settings: Settings, context: typer.Context) -> None:
    typer.echo(f"{context.info_name} {settings.timeout}")


app.add_commands(cli)


def invoke(*words: str, **more: Any) -> Any:
    return CliRunner().invoke(cli, words, prog_name="acme", **more)


def log_in(name: str) -> None:
    assert invoke("login", "-p", name, "--with-token", "--no-verify", input=TOKEN).exit_code == 0


def test_settings_are_loaded_when_the_command_runs() -> None:
    assert invoke("show", "timeout").output == "30.0 default built in\n"
    assert invoke("show", "timeout", "--loud", env={"ACME_TIMEOUT": "5"}).output == "5.0 env ACME_TIMEOUT!\n"


@pytest.mark.parametrize(
    ("words", "output"),
    [
        (["timeout", "--timeout", "7"], "7.0 flag --timeout\n"),
        (["verbose", "--no-verbose"], "False flag --verbose\n"),
        (["tags", "--tags", "a", "--tags", "b"], "('a', 'b') flag --tags\n"),
    ],
)
def test_setting_option_is_the_flag_layer(words: list[str], output: str) -> None:
    assert invoke("show", *words, env={"ACME_VERBOSE": "1"}).output == output


def test_profile_option_works_before_and_after_the_command() -> None:
    log_in("work")
    assert invoke("profiles", "set", "work", "timeout=9").exit_code == 0
    for words in (["-p", "work", "show", "timeout"], ["show", "timeout", "--profile", "work"]):
        assert invoke(*words, env={"ACME_TIMEOUT": "5"}).output.startswith("9.0 profile ")
    assert invoke("-p", "work", "with-context").output == "with-context 9.0\n"
    assert invoke("-p", "work", "show", "timeout", "-p", "other").exit_code == 2


def test_error_is_reported_as_in_the_commands() -> None:
    result = invoke("-p", "nosuch", "show", "timeout")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "error: there is no profile 'nosuch'\nhint: acme login --profile nosuch\n"


def test_commands_get_their_arguments_unchanged() -> None:
    log_in("work")
    assert invoke("token").output == f"{TOKEN}\n"
    assert invoke("--json", "-p", "work", "token").output.startswith("{")
    assert invoke("profiles", "show", "work", "--json").exit_code == 0
    assert invoke("token", "--for", "https://evil.example").exit_code == 1
    assert invoke("token", "-p", "nosuch").exit_code == 1
    assert "Usage: acme login [OPTIONS]" in invoke("login", "--help").output
    result = invoke("profiles", "shw")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, "hint: acme profiles show")


def test_help_lists_commands_of_app_and_author() -> None:
    text = invoke("--help").output
    for word in ("show", "login", "Log in to a workspace", "--profile"):
        assert word in text
    assert "completion" not in text


def test_decorated_function_can_be_called_directly() -> None:
    @app.pass_settings
    def plain(settings: Settings, factor: int) -> float:
        return settings.timeout * factor

    assert plain(2) == 60


def test_help_shows_topics_and_commands_of_app_and_author() -> None:
    topic = invoke("help", "environment").output
    assert "ACME_API_KEY" in topic
    assert "arka" not in topic.lower()
    assert invoke("help", "profiles", "list").output.startswith("Usage: acme profiles list [OPTIONS]")
    assert "Usage: acme show" in invoke("help", "show").output
    assert "Usage: acme [OPTIONS] COMMAND" in invoke("help").output
    assert "Usage: acme login [OPTIONS]" in invoke("login", "-h").output


def test_no_local_variable_of_a_traceback_shows_the_token() -> None:
    failing = typer.Typer()

    @failing.command()
    @app.pass_settings(Settings, options=["token"])
    def fail(settings: Settings) -> None:
        assert settings.token is not None
        raise LookupError(settings.token.reveal()[-4:])

    done = CliRunner().invoke(failing, ["--api-key", TOKEN])
    assert repr(done.exception) == f"LookupError('{TOKEN[-4:]}')"
    assert done.exc_info is not None
    frames = [frame for frame, _ in traceback.walk_tb(done.exc_info[2]) if "arka_config" in frame.f_code.co_filename]
    assert frames
    for frame in frames:
        assert TOKEN not in repr(frame.f_locals)
