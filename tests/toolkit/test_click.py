"""An author's own click, with options, settings and commands of an App."""

from __future__ import annotations

import subprocess
import sys
import warnings
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal

import click
import pytest
from click.testing import CliRunner

from arka_config import App, ConfigWarning, ProfileSettings
from arka_config.cli.output import terminal
from arka_config.cli.runtime.run import run
from tests.acme import Settings, app
from tests.toolkit.other import app as other_app

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

TOKEN = "acme_0123456789abcdef"


@pytest.fixture(autouse=True)
def acme_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ACME_HOME", str(tmp_path / "acme"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "acme"


@pytest.fixture
def cli() -> click.Group:
    """A group that was there before, with an object of its own in the context."""

    @click.group()
    @app.profile_option
    @click.pass_context
    def cli(context: click.Context) -> None:
        context.obj = "the author's"

    app.add_commands(cli)

    @cli.command("show")
    @click.argument("name")
    @app.profile_option
    @app.settings_options(Settings)
    @app.pass_settings
    def show(settings: Settings, name: str) -> None:
        """Print a setting and where it came from."""
        assert click.get_current_context().obj == "the author's"
        value: Any = settings
        for part in name.split("."):
            value = getattr(value, part)
        click.echo(f"{value!r} {settings.source_of(name).layer} {settings.source_of(name).place}")

    return cli


def invoke(cli: click.Group, *words: str, **more: Any) -> Result:
    """Runs it as its author would: with click's own main."""
    return CliRunner().invoke(cli, words, prog_name="acme", **more)


def log_in(cli: click.Group, name: str) -> None:
    result = invoke(cli, "login", "-p", name, "--with-token", "--no-verify", input=TOKEN)
    assert result.exit_code == 0, result.output


# Settings


def test_settings_are_loaded_when_the_command_runs(cli: click.Group) -> None:
    assert invoke(cli, "show", "timeout").output == "30.0 default built in\n"
    assert invoke(cli, "show", "timeout", env={"ACME_TIMEOUT": "5"}).output == "5.0 env ACME_TIMEOUT\n"


def test_the_profile_is_taken_before_and_after_the_command(cli: click.Group) -> None:
    log_in(cli, "work")
    log_in(cli, "home")
    assert invoke(cli, "profiles", "set", "home", "timeout=9").exit_code == 0
    for words in (["-p", "home", "show", "timeout"], ["show", "timeout", "--profile", "home"]):
        assert invoke(cli, *words).output.startswith("9.0 profile ")
    result = invoke(cli, "-p", "home", "show", "timeout", "-p", "work")
    assert result.exit_code == 2
    assert result.stderr == "error: --profile was given twice, as 'home' and as 'work'\nhint: keep one of them\n"


@pytest.mark.parametrize(
    ("words", "output"),
    [
        (["show", "timeout", "--timeout", "7"], "7.0 flag --timeout\n"),
        (["show", "verbose", "--verbose"], "True flag --verbose\n"),
        (["show", "verbose", "--no-verbose"], "False flag --verbose\n"),
        (["show", "tags", "--tags", "a", "--tags", "b"], "('a', 'b') flag --tags\n"),
        (["show", "http.headers", "--http-headers", '{"a": "1"}'], "{'a': '1'} flag --http-headers\n"),
        (["show", "token", "--api-key", TOKEN], "Secret(…) flag --api-key\n"),
    ],
)
def test_an_option_is_the_flag_layer(cli: click.Group, words: list[str], output: str) -> None:
    assert invoke(cli, *words, env={"ACME_TIMEOUT": "5", "ACME_VERBOSE": "1"}).output == output


def test_neither_a_default_map_nor_click_s_own_variables_are_flags(cli: click.Group) -> None:
    default_map = {"show": {"timeout": 1, "given_timeout": 1}}
    result = invoke(
        cli, "show", "timeout", default_map=default_map, auto_envvar_prefix="ACME", env={"ACME_SHOW_TIMEOUT": "2"}
    )
    assert result.output == "30.0 default built in\n"


def test_options_are_described_by_their_fields_and_no_secret_has_one(cli: click.Group) -> None:
    text = " ".join(invoke(cli, "show", "--help").output.split())
    assert "--timeout NUMBER [ACME_TIMEOUT; default: 30]" in text
    assert "--http-agent TEXT [ACME_HTTP__AGENT; default: acme/1]" in text
    assert "--api-url URL [ACME_API_URL; default: https://api.acme.example/]" in text
    assert "visible in process lists" in text
    assert "--password" not in text


def test_a_value_that_does_not_fit_is_an_error_as_in_the_commands(cli: click.Group) -> None:
    result = invoke(cli, "show", "timeout", "--timeout", "soon")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: timeout: input should be a valid number")
    assert result.stderr.endswith("(flag: --timeout)\nhint: acme config show --sources\n")


def test_some_settings_may_have_options_and_an_unknown_one_is_an_error() -> None:
    @click.command()
    @app.settings_options(Settings, only=["timeout"])
    @app.pass_settings
    def one(settings: Settings) -> None:
        click.echo(settings.timeout)

    assert [word for parameter in one.params for word in parameter.opts if word[0] == "-"] == ["--timeout"]
    with pytest.raises(LookupError, match="Settings has no timeot; did you mean 'timeout'"):
        app.settings_options(Settings, only=["timeot"])


class Level(Enum):
    LOW = 1
    HIGH = 2


class Chosen(ProfileSettings, app=app):
    units: Literal["metric", "imperial"] = "metric"
    retries: Literal[1, 2] | None = None
    level: Level = Level.LOW
    limits: tuple[int, ...] = ()
    either: int | str = 0


def test_a_choice_is_offered_as_one_and_taken_as_its_value() -> None:
    @click.command()
    @app.settings_options(Chosen)
    @app.pass_settings(Chosen)
    def one(settings: Chosen) -> None:
        click.echo(f"{settings.units} {settings.retries!r} {settings.level} {settings.limits} {settings.either!r}")

    words = ["--units", "imperial", "--retries", "2", "--level", "2", "--limits", "1", "--limits", "3", "--either", "x"]
    assert CliRunner().invoke(one, words).output == "imperial 2 Level.HIGH (1, 3) 'x'\n"
    text = " ".join(CliRunner().invoke(one, ["--help"]).output.split())
    assert "--level [1|2] [ACME_LEVEL; default: 1]" in text
    assert "--limits INTEGER [ACME_LIMITS]" in text
    assert CliRunner().invoke(one, ["--units", "kelvin"]).exit_code == 2


def test_an_option_that_the_author_has_stays_the_author_s() -> None:
    @click.command()
    @app.profile_option
    @click.option("--json", "as_json")
    def one(as_json: str) -> None:
        click.echo(as_json)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert CliRunner().invoke(one, ["--json", "mine"]).output == "mine\n"


def test_a_plain_function_gets_settings_and_raises_what_load_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    @app.pass_settings
    def plain(settings: Settings, factor: int) -> float:
        return settings.timeout * factor

    assert plain(2) == 60
    assert plain(factor=3) == 90

    @app.pass_settings(Settings)
    def explicit(settings: Settings) -> float:
        return settings.timeout

    assert explicit() == 30


def test_a_plain_function_imports_no_click() -> None:
    code = (
        "import sys\nfrom tests.acme import app, Settings\n"
        "@app.pass_settings\ndef plain(settings):\n    return settings.timeout\n"
        "print(plain(), 'click' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "30.0 False\n"


# Commands


def test_the_commands_work_in_the_author_s_main_with_their_exit_codes(cli: click.Group) -> None:
    log_in(cli, "work")
    assert invoke(cli, "token").output == f"{TOKEN}\n"
    assert invoke(cli, "--json", "use").exit_code == 2
    result = invoke(cli, "-p", "nosuch", "status", "--offline")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "error: there is no profile 'nosuch'\nhint: acme profiles list\n"
    login = ("login", "-p", "late", "--with-token", "--no-verify", "--expires", "1d")
    assert invoke(cli, *login, input=TOKEN).exit_code == 0
    assert invoke(cli, "status", "--offline", "--expiring", "2d", "-p", "late").exit_code == 3
    assert invoke(cli, "logout", "-p", "late").exit_code == 0
    assert invoke(cli, "token", "-p", "late").exit_code == 4


def test_ctrl_c_in_a_command_exits_with_130(cli: click.Group, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "arka_config.cli.runtime.session.Session.token", lambda session: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    result = invoke(cli, "token")
    assert (result.exit_code, result.stderr) == (130, "\ninterrupted\n")


def test_some_commands_may_be_added_and_an_unknown_one_is_an_error() -> None:
    group = click.Group()
    app.add_commands(group, only=["login", "profiles"])
    assert sorted(group.commands) == ["login", "profiles"]
    with pytest.raises(LookupError, match="no command 'lgin' to add; did you mean 'login'"):
        app.add_commands(group, only=["lgin"])
    with pytest.raises(TypeError, match="not to dict"):
        app.add_commands({})  # type: ignore[arg-type]  # mypy refuses it too


def test_a_command_that_the_author_has_stays_the_author_s() -> None:
    own = click.Command("login")
    group = click.Group("acme", commands={"login": own})
    app.add_commands(group)
    assert group.commands["login"] is own
    assert "logout" in group.commands


def test_an_app_without_a_legacy_file_has_no_command_about_it(cli: click.Group) -> None:
    assert "import" not in cli.commands
    assert "legacy" not in invoke(cli, "export", "--help").output


def test_adding_commands_imports_none_of_them() -> None:
    code = (
        "import sys, click\nfrom tests.acme import app\ngroup = click.Group()\napp.add_commands(group)\n"
        "print([name for name in sys.modules if name.endswith(('cli.login', 'cli.profiles.list', 'cli.status'))])\n"
        "group.get_help(click.Context(group))\n"
        "print([name for name in sys.modules if name.endswith(('cli.login', 'cli.profiles.list', 'cli.status'))])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n[]\n"


def test_below_another_program_they_know_their_app_and_how_they_are_run(cli: click.Group) -> None:
    corp = click.Group("corp", commands={"acme": cli})
    login = ["acme", "-p", "work", "login", "--with-token", "--no-verify"]
    assert CliRunner().invoke(corp, login, input=TOKEN, prog_name="corp").exit_code == 0
    assert CliRunner().invoke(corp, ["acme", "token"], prog_name="corp").output == f"{TOKEN}\n"
    text = CliRunner().invoke(corp, ["acme", "login", "--help"], prog_name="corp").output
    assert "corp acme login --profile work" in text
    script = CliRunner().invoke(corp, ["acme", "completion", "bash"], prog_name="corp").output
    assert "_CORP_COMPLETE=bash_complete" in script


def test_a_shell_completes_commands_options_and_profiles(cli: click.Group) -> None:
    log_in(cli, "work")
    log_in(cli, "home")

    def completed(line: str) -> list[str]:
        number = str(line.count(" "))
        asked = {"_ACME_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": number}
        return invoke(cli, env=asked).output.split()

    assert completed("acme profiles sh") == ["plain,show"]
    assert completed("acme profiles show ho") == ["plain,home"]
    assert completed("acme show timeout -p wo") == ["plain,work"]
    assert completed("acme -p wo") == ["plain,work"]
    assert "plain,--with-token" in completed("acme login --w")


# Two apps in one process


@pytest.fixture
def both(cli: click.Group, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[click.Group, App]:
    """One program with the commands of two apps."""
    monkeypatch.setenv("OTHER_HOME", str(tmp_path / "other"))
    group = click.Group("other")
    other_app.add_commands(group)
    return click.Group("both", commands={"acme": cli, "other": group}), other_app


def test_two_apps_see_neither_each_other_s_profiles_nor_variables_nor_folders(
    both: tuple[click.Group, App], tmp_path: Path
) -> None:
    root, _ = both
    assert invoke(root, "acme", "login", "-p", "work", "--with-token", "--no-verify", input=TOKEN).exit_code == 0
    assert invoke(root, "other", "profiles", "list", "--json").output.split() == [
        "{",
        '"active":',
        "null,",
        '"profiles":',
        "[]",
        "}",
    ]
    assert invoke(root, "other", "token", env={"ACME_API_KEY": TOKEN, "ACME_PROFILE": "work"}).exit_code == 4
    result = invoke(root, "other", "config", "path", "config")
    assert result.output == f"{tmp_path}/other/config\n"
    assert not (tmp_path / "other").exists()
    assert invoke(root, "acme", "token", env={"OTHER_API_KEY": "oth_x", "OTHER_PROFILE": "x"}).output == f"{TOKEN}\n"


def test_what_an_app_masks_and_warns_of_ends_with_its_run(
    both: tuple[click.Group, App], capsys: pytest.CaptureFixture[str]
) -> None:
    _, other = both
    token = "oth_" + "x" * 30
    assert run(other, ["-p", token, "status"]) == 1
    assert token not in capsys.readouterr().err
    with warnings.catch_warnings(record=True) as caught, terminal.AppOutput(app):
        warnings.warn("of this one", ConfigWarning, stacklevel=1)
        with terminal.AppOutput(other):
            terminal.say(token)
            warnings.warn("of that one", ConfigWarning, stacklevel=1)
        terminal.say(token)
    assert caught == []
    assert capsys.readouterr().err == f"warning: of this one\noth_…xxxx\nwarning: of that one\n{token}\n"
    assert terminal.safe_text(token) == token
    with pytest.warns(ConfigWarning):
        warnings.warn("said by Python again", ConfigWarning, stacklevel=1)
