"""The toolkit in a click program of another author: options, settings and commands."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal

import click
import pytest
from click.testing import CliRunner

from arka_config import App, ConfigWarning, Credential, Origin, ProfileSettings, Secret, open_store
from arka_config.cli.output import terminal
from arka_config.cli.runtime.run import run
from arka_config.cli.runtime.session import Session
from tests.acme import Settings, app
from tests.toolkit.other import app as other_app

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

pytestmark = pytest.mark.usefixtures("acme_home")
TOKEN = "acme_0123456789abcdef"


def test_pass_settings_warns_of_an_expired_token_or_refuses_it(cli: click.Group, acme_home: Path) -> None:
    store = open_store(app)
    store.log_in(
        "work", Credential(Secret(TOKEN), Origin.of("https://api.acme.example"), expires="2020-01-31T12:00:00Z")
    )
    done = CliRunner().invoke(cli, ["show", "timeout"])
    message = "warning: the token of profile 'work' expired at 2020-01-31T12:00:00Z\nhint: acme login -p work\n"
    assert (done.exit_code, done.stderr.count(message)) == (0, 1)
    (acme_home / "config").mkdir()
    (acme_home / "config" / "config.toml").write_text('expiry = "refuse"\n')
    done = CliRunner().invoke(cli, ["show", "timeout"])
    assert (done.exit_code, "hint: acme login -p work" in done.output) == (4, True)


@pytest.fixture
def cli() -> click.Group:
    """A group with its own object in the context."""

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
        """Print a setting and its source."""
        assert click.get_current_context().obj == "the author's"
        value: Any = settings
        for part in name.split("."):
            value = getattr(value, part)
        click.echo(f"{value!r} {settings.source_of(name).layer} {settings.source_of(name).place}")

    return cli


def invoke(cli: click.Group, *words: str, **more: Any) -> Result:
    """Run the program as its author would, with click's own main."""
    return CliRunner().invoke(cli, words, prog_name="acme", **more)


def log_in(cli: click.Group, name: str) -> None:
    result = invoke(cli, "login", "-p", name, "--with-token", "--no-verify", input=TOKEN)
    assert result.exit_code == 0, result.output


# Settings


def test_settings_are_loaded_when_the_command_runs(cli: click.Group) -> None:
    assert invoke(cli, "show", "timeout").output == "30.0 default built in\n"
    assert invoke(cli, "show", "timeout", env={"ACME_TIMEOUT": "5"}).output == "5.0 env ACME_TIMEOUT\n"


def test_profile_option_works_before_and_after_the_command(cli: click.Group) -> None:
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
def test_setting_option_is_the_flag_layer(cli: click.Group, words: list[str], output: str) -> None:
    assert invoke(cli, *words, env={"ACME_TIMEOUT": "5", "ACME_VERBOSE": "1"}).output == output


@pytest.mark.parametrize("option", ["--api-key", "--token"])
def test_command_of_an_app_takes_a_token_and_its_url_after_its_name(cli: click.Group, option: str) -> None:
    words = ("token", option, TOKEN, "--api-url", "https://eu.acme.dev", "--json")
    assert json.loads(invoke(cli, *words).output)["origin"] == "https://eu.acme.dev"
    done = invoke(cli, "token", option, TOKEN, "--json", env={"ACME_API_URL": "https://us.acme.dev"})
    assert json.loads(done.output) == {"token": TOKEN, "origin": "https://us.acme.dev", "profile": None}


def test_default_map_and_click_variables_are_not_flags(cli: click.Group) -> None:
    default_map = {"show": {"timeout": 1, "given_timeout": 1}}
    result = invoke(
        cli, "show", "timeout", default_map=default_map, auto_envvar_prefix="ACME", env={"ACME_SHOW_TIMEOUT": "2"}
    )
    assert result.output == "30.0 default built in\n"


def test_help_describes_setting_options_and_omits_secrets(cli: click.Group) -> None:
    text = " ".join(invoke(cli, "show", "--help").output.split())
    assert "--timeout NUMBER [ACME_TIMEOUT; default: 30]" in text
    assert "--http-agent TEXT [ACME_HTTP__AGENT; default: acme/1]" in text
    assert "--api-url URL [ACME_API_URL; default: https://api.acme.example/]" in text
    assert "visible in process lists" in text
    assert "--password" not in text


def test_invalid_value_is_reported_as_in_the_commands(cli: click.Group) -> None:
    result = invoke(cli, "show", "timeout", "--timeout", "soon")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: timeout: input should be a valid number")
    assert result.stderr.endswith("(flag: --timeout)\nhint: acme config show --sources\n")


def test_settings_options_only_selects_and_rejects_unknown_names() -> None:
    @click.command()
    @app.settings_options(Settings, only=["timeout"])
    def one() -> None: ...

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


def test_choice_option_lists_words_and_stores_values() -> None:
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


def test_author_s_own_option_is_kept() -> None:
    @click.command()
    @app.profile_option
    @click.option("--json", "as_json")
    def one(as_json: str) -> None:
        click.echo(as_json)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert CliRunner().invoke(one, ["--json", "mine"]).output == "mine\n"


def test_pass_settings_works_on_a_plain_function(monkeypatch: pytest.MonkeyPatch) -> None:
    @app.pass_settings
    def plain(settings: Settings, factor: int) -> float:
        return settings.timeout * factor

    assert plain(2) == 60
    assert plain(factor=3) == 90

    @app.pass_settings(Settings)
    def explicit(settings: Settings) -> float:
        return settings.timeout

    assert explicit() == 30


def test_pass_settings_on_a_plain_function_imports_no_click() -> None:
    code = (
        "import sys\nfrom tests.acme import app, Settings\n"
        "@app.pass_settings\ndef plain(settings):\n    return settings.timeout\n"
        "print(plain(), 'click' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "30.0 False\n"


# Commands


def test_commands_in_the_author_s_main_have_their_exit_codes(cli: click.Group) -> None:
    log_in(cli, "work")
    assert invoke(cli, "token").output == f"{TOKEN}\n"
    assert invoke(cli, "--json", "use").exit_code == 2
    result = invoke(cli, "-p", "nosuch", "status", "--offline")
    assert (result.exit_code, "nosuch" in result.stdout) == (1, True)
    assert result.stderr == "error: there is no profile 'nosuch'\nhint: acme profiles list\n"
    login = ("login", "-p", "late", "--with-token", "--no-verify", "--expires", "1d")
    assert invoke(cli, *login, input=TOKEN).exit_code == 0
    assert invoke(cli, "status", "--offline", "--expiring", "2d", "-p", "late").exit_code == 3
    assert invoke(cli, "logout", "-p", "late").exit_code == 0
    assert invoke(cli, "token", "-p", "late").exit_code == 4


def test_ctrl_c_in_a_command_exits_with_130(cli: click.Group, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "fetch_token", lambda session, **_: (_ for _ in ()).throw(KeyboardInterrupt))
    result = invoke(cli, "token")
    assert (result.exit_code, result.stderr) == (130, "\ninterrupted\n")


def test_commands_of_the_app_selects_and_rejects_unknown_names() -> None:
    group = click.Group()
    App("acme", commands=["login", "profiles"]).add_commands(group)
    assert sorted(group.commands) == ["login", "profiles"]
    with pytest.raises(LookupError, match="no command 'lgin' to add; did you mean 'login'"):
        App("acme", commands=["lgin"]).add_commands(group)
    with pytest.raises(TypeError, match="not to dict"):
        app.add_commands({})  # type: ignore[arg-type]  # mypy refuses it too


def test_author_s_own_command_is_kept() -> None:
    own = click.Command("login")
    group = click.Group("acme", commands={"login": own})
    app.add_commands(group)
    assert group.commands["login"] is own
    assert "logout" in group.commands


def test_app_without_legacy_project_has_no_legacy_commands(cli: click.Group) -> None:
    assert "import" not in cli.commands
    assert "legacy" not in invoke(cli, "export", "--help").output


def test_adding_commands_does_not_import_them() -> None:
    code = (
        "import sys, click\nfrom tests.acme import app\ngroup = click.Group()\napp.add_commands(group)\n"
        "print([name for name in sys.modules if name.startswith('arka_config.cli.commands')])\n"
        "group.get_help(click.Context(group))\n"
        "print([name for name in sys.modules if name.startswith('arka_config.cli.commands')])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n[]\n"


def test_commands_below_another_program_know_their_app_and_name(cli: click.Group) -> None:
    corp = click.Group("corp", commands={"acme": cli})
    login = ["acme", "-p", "work", "login", "--with-token", "--no-verify"]
    assert CliRunner().invoke(corp, login, input=TOKEN, prog_name="corp").exit_code == 0
    assert CliRunner().invoke(corp, ["acme", "token"], prog_name="corp").output == f"{TOKEN}\n"
    text = CliRunner().invoke(corp, ["acme", "login", "--help"], prog_name="corp").output
    assert "corp acme login --profile work" in text
    script = CliRunner().invoke(corp, ["acme", "completion", "bash"], prog_name="corp").output
    assert "_CORP_COMPLETE=bash_complete" in script


def test_completion_offers_commands_options_and_profiles(cli: click.Group) -> None:
    log_in(cli, "work")
    log_in(cli, "home")

    def complete(line: str) -> list[str]:
        number = str(line.count(" "))
        variables = {"_ACME_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": number}
        return invoke(cli, env=variables).output.split()

    assert complete("acme profiles sh") == ["plain,show"]
    assert complete("acme profiles show ho") == ["plain,home"]
    assert complete("acme show timeout -p wo") == ["plain,work"]
    assert complete("acme -p wo") == ["plain,work"]
    assert "plain,--with-token" in complete("acme login --w")


# Two apps in one process


@pytest.fixture
def both(cli: click.Group, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[click.Group, App]:
    """A program with the commands of two apps."""
    monkeypatch.setenv("OTHER_HOME", str(tmp_path / "other"))
    group = click.Group("other")
    other_app.add_commands(group)
    return click.Group("both", commands={"acme": cli, "other": group}), other_app


def test_apps_share_no_profiles_variables_or_folders(both: tuple[click.Group, App], tmp_path: Path) -> None:
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


def test_masking_and_warnings_of_an_app_end_with_its_run(
    both: tuple[click.Group, App], capsys: pytest.CaptureFixture[str]
) -> None:
    _, other = both
    token = "oth_" + "x" * 30
    assert run(other, ["-p", token, "status"]) == 1
    assert token not in capsys.readouterr().err
    with warnings.catch_warnings(record=True) as caught, terminal.AppOutput(app):
        warnings.warn("from this app", ConfigWarning, stacklevel=1)
        with terminal.AppOutput(other):
            terminal.say(token)
            warnings.warn("from the other app", ConfigWarning, stacklevel=1)
        terminal.say(token)
    assert caught == []
    assert capsys.readouterr().err == f"warning: from this app\noth_…xxxx\nwarning: from the other app\n{token}\n"
    assert terminal.safe_text(token) == token
    with pytest.warns(ConfigWarning):
        warnings.warn("shown by Python again", ConfigWarning, stacklevel=1)


def test_help_shows_topics_and_commands_of_app_and_author(cli: click.Group) -> None:
    topic = invoke(cli, "help", "precedence")
    assert "ACME_PROFILE" in topic.output
    assert "arka" not in topic.output.lower()
    assert invoke(cli, "help", "profiles", "list").output.startswith("Usage: acme profiles list [OPTIONS]")
    own = next(name for name, command in cli.commands.items() if getattr(command, "app", None) is not app)
    assert invoke(cli, "help", own).output.startswith(f"Usage: acme {own} ")
    assert invoke(cli, "help").output == invoke(cli, "--help").output
    assert invoke(cli, "login", "-h").output == invoke(cli, "login", "--help").output
