"""Hostile text from arguments, variables and files, through every command: only plain text reaches a stream."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arka_config.arka import app
from arka_config.cli.output import terminal
from arka_config.cli.runtime.command import common_options
from arka_config.cli.runtime.command_tree import program
from tests import command_samples
from tests.cli.program import OTHER, TOKEN, arka, every_command
from tests.hostile.surfaces import ARGUMENTS, FILES, SHOW_COMMANDS, VARIABLES, to_toml
from tests.hostile.texts import ARGUMENT, HOSTILE, MEGABYTE, check_clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cli.program import Result


@pytest.fixture
def filled(two_profiles: Path) -> Path:
    """The home with two profiles, a template and a legacy file."""
    folder = two_profiles.parent / "templates"
    folder.mkdir()
    (folder / "box.toml").write_text('version = 1\n[profile]\nname = "box"\n')
    assert arka("export", "legacy").code == 0
    return two_profiles


class Restored:
    """Restore a home when an example has ended."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.copy = home.parent.with_name(f"{home.parent.name}-copy")
        shutil.copytree(home.parent, self.copy)

    def __enter__(self) -> Path:
        return self.home

    def __exit__(self, *rest: object) -> None:
        os.chdir("/")
        shutil.rmtree(self.home.parent)
        shutil.copytree(self.copy, self.home.parent)
        os.chdir(self.home.parent)


COLOURS = st.sampled_from([{}, {"FORCE_COLOR": "1"}])


# `workspace serve --host` listens on that address, or the socket module refuses it: we print none of it.
NOT_TRIED = {("workspace serve", "--host")}


def takes_text(parameter: click.Parameter) -> bool:
    kinds = (click.Choice, click.types.IntParamType, click.types.BoolParamType)
    return not (isinstance(parameter, click.Option) and parameter.is_flag) and not isinstance(parameter.type, kinds)


def all_arguments() -> Iterator[list[str]]:
    """Yield ARGUMENTS, and for each parameter with text that they lack a line made from the command's sample."""
    yield from ARGUMENTS
    lines = [" ".join(words) for words in ARGUMENTS]
    common = {name for option in common_options() for name in option.opts}
    for name, command in every_command(program(app)):
        of_command = [line.removeprefix(name) for line in lines if line.startswith(f"{name} ")]
        for parameter in command.params:
            words = [""] if isinstance(parameter, click.Argument) else parameter.opts
            is_excluded = common.intersection(words) or NOT_TRIED.intersection((name, word) for word in words)
            is_tried = any(f"{word} " in line and "{}" in line for word in words for line in of_command)
            if takes_text(parameter) and not is_excluded and not is_tried:
                start = command_samples.first_line(name) if words[0] else name
                yield [*start.split(), *filter(None, words[:1]), "{}"]


def test_arguments_are_shown_as_text(filled: Path) -> None:
    restored = Restored(filled)

    @given(st.sampled_from(list(all_arguments())), ARGUMENT, st.booleans(), COLOURS)
    def check(words: list[str], text: str, as_json: bool, colours: dict[str, str]) -> None:
        with restored:
            line = [word.replace("{}", text) for word in words]
            check_clean(arka(*line, *(["--json"] if as_json else []), stdin=OTHER, environ=colours), line)

    check()


@pytest.mark.parametrize("words", list(all_arguments()), ids=" ".join)
def test_argument_that_is_not_utf_8_is_an_error_or_shown(filled: Path, words: list[str]) -> None:
    check_clean(arka(*(word.replace("{}", "x\udc9b@example.org") for word in words), stdin=OTHER), words)


def test_variables_are_shown_as_text(filled: Path) -> None:
    restored = Restored(filled)

    @given(st.sampled_from(VARIABLES), ARGUMENT, st.sampled_from(SHOW_COMMANDS), COLOURS)
    def check(variable: str, text: str, line: str, colours: dict[str, str]) -> None:
        with restored:
            check_clean(arka(*line.split(), environ={variable: text, **colours}), (variable, text, line))

    check()


def put(home: Path, file: str, text: str) -> None:
    path = home.parent / file
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text(text, "utf-8")
    path.chmod(0o600)


def test_files_are_shown_as_text(filled: Path) -> None:
    restored = Restored(filled)

    @given(st.sampled_from(FILES), HOSTILE, st.sampled_from(SHOW_COMMANDS), COLOURS)
    def check(file: tuple[str, str, Callable[[str], str]], text: str, line: str, colours: dict[str, str]) -> None:
        path, form, convert = file
        with restored:
            put(filled, path, form.replace("{}", convert(text)))
            check_clean(arka(*line.split(), environ=colours), (path, form, text, line))

    check()


@pytest.mark.parametrize("name", ["x\x1b[41m.toml", "\u202elmot.toml", "a\nb.toml", "\x9b41m.toml"])
@pytest.mark.parametrize("line", ["profiles list", "doctor", "doctor --json", "plan arka/config/profiles"])
def test_file_names_are_shown_as_text(filled: Path, name: str, line: str) -> None:
    put(filled, f"arka/config/profiles/{name}", "version = 1\n[profile]\nname = 3")
    put(filled, f"arka/data/tokens/{name.removesuffix('toml')}arka-tmp", "")
    os.utime(filled / "data" / "tokens" / f"{name.removesuffix('toml')}arka-tmp", (0, 0))
    done = arka(*line.split())
    check_clean(done, name)
    assert "\\x" in done.out + done.err or "\\u" in done.out + done.err


@pytest.mark.parametrize("line", [line for line in SHOW_COMMANDS if "template" not in line])
def test_folder_names_are_shown_as_text(tmp_path: Path, line: str) -> None:
    home = tmp_path / "\x1b]0;owned\x07\u202e\x9b41m"
    environ = {"ARKA_HOME": str(home)}
    arka("login", "-p", "work", "--with-token", "--no-verify", stdin=TOKEN, environ=environ)
    check_clean(arka(*line.split(), environ=environ), line)


def test_a_path_in_a_pipe_is_unchanged(tmp_path: Path) -> None:
    """`cd "$(arka config path config)"` works for every path."""
    home = tmp_path / "\x1b[41m"
    assert arka("config", "path", "config", environ={"ARKA_HOME": str(home)}).out == f"{home}/config\n"


@pytest.mark.parametrize("source", ["label", "description", "legacy", "template", "active", "name", "url"])
def test_a_megabyte_is_refused_or_shown_in_part(filled: Path, source: str) -> None:
    printable = "x" * len(MEGABYTE)
    for text in (MEGABYTE, printable):
        done: list[Result] = []
        if source == "label":
            done.append(arka("login", "-p", "big", "--with-token", "--no-verify", "--label", text, stdin=OTHER))
        elif source == "description":
            done.append(arka("profiles", "set", "work", f"description={text}"))
        elif source == "legacy":
            put(filled, ".config/arka-code-nodejs/config.json", json.dumps({"token": f"arka_{text}"}))
            done.append(arka("import", "legacy", "-p", "big", "--keep"))
        elif source == "template":
            put(filled, "templates/box.toml", f'version = 1\n[profile]\nname = "box"\ndescription = {to_toml(text)}')
            done.append(arka("plan", "templates"))
        elif source == "active":
            put(filled, "arka/state/active", text)
            done.append(arka("status", "--offline"))
        elif source == "name":
            done.append(arka("profiles", "create", text))
        else:
            done.append(
                arka("login", "-p", "big", "--with-token", "--no-verify", "--api-url", f"https://{text}", stdin=OTHER)
            )
        (one,) = done
        check_clean(one, source)
        assert one.code != 0 or source == "template"
        assert len(one.out + one.err) < 10_000
    assert arka("profiles", "show", "ci").code == 0  # the existing profiles can still be read
    assert arka("profiles", "list").code == 0


def test_questions_are_shown_as_text(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", type("Typed", (), {"readline": lambda self: "y\n", "isatty": lambda self: True})())
    monkeypatch.setattr("getpass.getpass", lambda prompt, stream: stream.write(prompt) and "x")
    with terminal.AppOutput(app):
        terminal.confirm("Remove \x1b]0;owned\x07\u202e?")
        terminal.ask("\x9b41m\n● evil")
        terminal.ask_secret("\x1b[41m")
    shown = capsys.readouterr().err
    assert not set("\x1b\x07\x9b\u202e") & set(shown)
    assert "\n" not in shown
