"""The toolkit in an argparse program."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from typing import TYPE_CHECKING

import pytest

from arka_config import App, UsageError
from arka_config.cli.runtime.parser_program import run_parser
from arka_config.cli.runtime.run import run
from tests.acme import Settings, app

if TYPE_CHECKING:
    pass

pytestmark = pytest.mark.usefixtures("acme_home")
TOKEN = "acme_0123456789abcdef"

parser = argparse.ArgumentParser(prog="acme", description="The program of Acme.")
app.add_arguments(parser, json=True)
commands = parser.add_subparsers(title="commands", metavar="COMMAND")
early = commands.add_parser("early")
early.set_defaults(func=lambda _: 5)
app.add_commands(commands)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


@app.pass_settings
def show(settings: Settings, arguments: argparse.Namespace) -> int:
    found = settings.source_of(arguments.name)
    if app.wants_json(arguments):
        say(json.dumps({"value": getattr(settings, arguments.name), "layer": found.layer}))
    else:
        say(f"{getattr(settings, arguments.name)} {found.layer} {found.place}")
    return 3 if arguments.three else 0


@app.pass_settings
async def wait(settings: Settings, _: argparse.Namespace) -> None:
    say(f"waited {settings.timeout}")


def load(arguments: argparse.Namespace) -> None:
    say(str(app.load_settings(arguments, Settings).timeout))


show_parser = commands.add_parser("show", help="print a setting")
show_parser.add_argument("name")
show_parser.add_argument("--three", action="store_true")
show_parser.set_defaults(func=show)
app.add_arguments(show_parser, Settings, options=["timeout", "verbose", "tags"], json=True)
commands.add_parser("wait").set_defaults(func=wait)
commands.add_parser("load").set_defaults(func=load)
main = app.main(f"{__name__}:parser")


def start(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = run(app, words, cli=f"{__name__}:parser")
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def log_in(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert start(capsys, "profiles", "create", name, "timeout=9")[0] == 0
    assert start(capsys, "profiles", "set", name, "--no-input", "timeout=8")[0] == 0


def test_settings_have_the_options_of_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert start(capsys, "show", "timeout") == (0, "30.0 default built in\n", "")
    assert start(capsys, "show", "timeout", "--timeout", "7", "--three") == (3, "7.0 flag --timeout\n", "")
    assert start(capsys, "show", "verbose", "--verbose")[1] == "True flag --verbose\n"
    assert start(capsys, "show", "verbose", "--no-verbose")[1] == "False flag --verbose\n"
    assert start(capsys, "show", "tags", "--tags", "a", "--tags", "b")[1] == "('a', 'b') flag --tags\n"


def test_profile_option_works_before_and_after_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    log_in(capsys, "home")
    for words in (["-p", "home", "show", "timeout"], ["show", "timeout", "--profile", "home"]):
        assert start(capsys, *words)[1].startswith("8.0 profile ")
    assert start(capsys, "load", "-p", "home")[1] == "8.0\n"
    assert start(capsys, "wait", "-p", "home")[1] == "waited 8.0\n"
    assert start(capsys, "early", "-p", "home")[0] == 5
    code, _, error = start(capsys, "-p", "home", "show", "timeout", "-p", "work")
    assert (code, error.startswith("error: --profile was given twice, as 'home' and as 'work'")) == (2, True)
    code, _, error = start(capsys, "show", "timeout", "-p", "hme")
    assert (code, "did you mean 'home'" in error) == (1, True)


def test_json_is_read_by_the_author_s_command(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--json", "show", "timeout"], ["show", "timeout", "--json"]):
        assert json.loads(start(capsys, *words)[1]) == {"value": 30, "layer": "default"}
    with pytest.raises(SystemExit):
        parser.parse_args(["wait", "--json"])


def test_app_s_commands_get_their_arguments_unchanged(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_API_KEY", TOKEN)
    assert start(capsys, "token", "--for", "https://api.acme.example")[1] == f"{TOKEN}\n"
    assert json.loads(start(capsys, "--json", "token")[1])["token"] == TOKEN
    assert start(capsys, "token", "--for", "https://evil.example")[0] == 1
    assert start(capsys, "-p", "nosuch", "config", "path")[0] == 1
    code, out, _ = start(capsys, "login", "--help")
    assert (code, "Usage: acme login [OPTIONS]" in out) == (0, True)
    code, _, error = start(capsys, "profiles", "shw")
    assert (code, error.splitlines()[-1]) == (2, "hint: acme profiles show")


def test_words_after_two_dashes_stay_as_they_are() -> None:
    given = parser.parse_args(["exec", "--", sys.executable, "-p", "--", "x"])
    assert given.arguments == ["--", sys.executable, "-p", "--", "x"]


def test_program_without_app_main_exits_with_the_command_s_code(capsys: pytest.CaptureFixture[str]) -> None:
    given = parser.parse_args(["token"])
    with pytest.raises(SystemExit) as ended:
        given.func(given)
    assert (ended.value.code, "hint: acme login" in capsys.readouterr().err) == (4, True)
    with pytest.raises(UsageError, match="given twice"):
        app.load_settings(parser.parse_args(["-p", "a", "load", "-p", "b"]))


def test_help_describes_options_of_both(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = start(capsys, "show", "--help")
    text = " ".join(out.split())
    assert code == 0
    assert "--timeout NUMBER [ACME_TIMEOUT; default: 30]" in text
    assert re.search("-p( NAME)?, --profile NAME", text)  # Python 3.13 names the value once
    text = start(capsys, "--help")[1]
    assert "Log in to a workspace and store the token" in text
    assert "completion" not in text
    assert start(capsys)[0] == 2
    assert "usage: acme show" in start(capsys, "help", "show")[1]
    assert "Usage: acme login" in start(capsys, "help", "login")[1]


def test_author_s_own_option_and_command_are_kept() -> None:
    own = argparse.ArgumentParser("acme", conflict_handler="resolve")
    own.add_argument("-p", "--port")
    App("acme").add_arguments(own, json=True)
    assert own.parse_args(["-p", "80"]).port == "80"
    subparsers = own.add_subparsers()
    login = subparsers.add_parser("login")
    App("acme").add_commands(subparsers)
    assert subparsers.choices["login"] is login
    assert "logout" in subparsers.choices


def test_async_function_is_awaited_by_its_caller_in_a_running_loop(capsys: pytest.CaptureFixture[str]) -> None:
    async def call() -> None:
        await wait(parser.parse_args(["wait"]))

    asyncio.run(call())
    assert capsys.readouterr().out == "waited 30.0\n"


def test_repr_of_a_namespace_contains_no_token() -> None:
    options = argparse.ArgumentParser()
    app.add_arguments(options, Settings, options=["token", "timeout"])
    token = "acme_" + "s3cr3t" * 6
    namespace = options.parse_args(["--api-key", token, "--timeout", "2"])
    assert "GivenOptions(--api-key, --timeout)" in repr(namespace)
    assert token not in repr(namespace)
    namespace = parser.parse_args(["login", "--api-key", token])
    assert "arguments=Words(2 arguments)" in repr(namespace)
    assert (namespace.arguments, token in repr(namespace)) == (["--api-key", token], False)


def test_version_is_the_program_s(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "version", "7.1")
    for option in ("-V", "--version"):
        assert start(capsys, option)[:2] == (0, "acme 7.1\n")
    assert "--version" in start(capsys, "--help")[1]


def test_version_option_of_the_author_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    own = argparse.ArgumentParser("acme")
    own.add_argument("-V", "--version", action="version", version="mine 1.0")
    assert run_parser(app, own, ["--version"]) == 0
    assert capsys.readouterr().out == "mine 1.0\n"
    short = argparse.ArgumentParser("acme")
    short.add_argument("-V", action="store_true")
    assert run_parser(App("acme", version="7.1"), short, ["--version"]) == 0
    assert capsys.readouterr().out == "acme 7.1\n"
