"""One token is passed through every way that text leaves the program: it appears only if it was asked for.

tests/cli/test_streams.py tests every command, option and error. These are the other ways: crashes, help, completion,
logs, and the representations of values in Python.
"""

from __future__ import annotations

import copy
import itertools
import json
import logging
import pickle
import pprint
from typing import TYPE_CHECKING, Any

import click
import pytest
from pydantic import ValidationError

from arka_config import Credential, Origin, ProfileStore, Resolution, Secret, open_store
from arka_config.arka import app
from arka_config.arka.settings import Settings
from arka_config.cli.runtime import command_tree
from arka_config.errors import ConfigError
from arka_config.templates.model import json_schema
from tests.cli.program import OTHER, TOKEN, arka, every_command
from tests.guarantees import numbers
from tests.store.samples import all_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.workspace.fake import FakeWorkspace

COMMANDS = sorted(dict(every_command(command_tree.program(app))))


def shows_token(text: str) -> bool:
    """Tell whether a text contains a token or a large part of one."""
    return "w" * 8 in text or "o" * 8 in text


@pytest.mark.parametrize("name", numbers.part_of(COMMANDS, 5))
def test_a_crash_shows_its_location_and_no_values(
    two_profiles: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind: Callable[[str], Exception] = ValueError

    parse = click.Command.parse_args

    def crash(command: click.Command, context: click.Context, words: list[str]) -> list[str]:
        if isinstance(command, click.Group):
            return parse(command, context, words)
        error = kind(f"{TOKEN} in {[TOKEN]}")
        error.add_note(TOKEN)
        raise error from ValueError(TOKEN)

    monkeypatch.setattr("arka_config.cli.runtime.fast_path.run", lambda *_: None)
    monkeypatch.setattr(click.Command, "parse_args", crash)
    for kind in (ValueError, KeyError, RuntimeError, lambda text: ExceptionGroup(text, [ValueError(text)])):
        done = arka(*name.split())
        assert (done.code, done.out) == (1, "")
        assert "test_canary.py, line" in done.err
        assert "error: unexpected " in done.err
        assert not shows_token(done.err)
        numbers.record("canary", f"crash {name} {type(kind(''))}", "1")


@pytest.mark.parametrize("words", [("token",), ("prompt",), ("exec", "--", "true"), ("status",), ("logout",)])
@pytest.mark.usefixtures("two_profiles")
def test_a_crash_in_the_library_shows_no_values(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(self: object, *rest: object) -> None:
        raise AttributeError(f"{TOKEN} has no attribute 'x'")

    for method in ("effective_token", "choice", "token"):
        monkeypatch.setattr(Resolution, method, crash)
    monkeypatch.setattr(ProfileStore, "log_out", crash)
    done = arka(*words)
    assert (done.code, done.out) == (1, "")
    assert "test_canary.py, line" in done.err
    assert not shows_token(done.err)


@pytest.mark.parametrize("name", numbers.part_of(["", *COMMANDS], 5))
def test_help_shows_no_token_of_the_environment(two_profiles: Path, name: str) -> None:
    done = arka(*name.split(), "--help", environ={"ARKA_API_KEY": TOKEN, "ARKA_TOKEN": TOKEN, "ARKA_SESSION": TOKEN})
    assert done.code == 0
    assert "Usage:" in done.out
    assert not shows_token(done.out + done.err)
    numbers.record("canary", f"help {name}", "1")


@pytest.mark.parametrize("name", numbers.part_of(COMMANDS, 5, first=1))
def test_completion_shows_no_token(two_profiles: Path, name: str) -> None:
    for shell, begun in itertools.product(("bash", "zsh", "fish", "powershell"), ("", "-", TOKEN[:9])):
        words = f"arka {name} {begun}"
        number = begun if shell == "fish" else str(len(name.split()) + 1)
        environ = {"_ARKA_COMPLETE": f"{shell}_complete", "COMP_WORDS": words, "COMP_CWORD": number}
        done = arka(environ=environ | {"ARKA_API_KEY": TOKEN})
        assert not shows_token(done.out + done.err)
        numbers.record("canary", f"completion {name} {shell} {begun}", "1")


def test_no_log_holds_a_token(two_profiles: Path, fake: FakeWorkspace, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    fake.add(TOKEN, scopes=("tokens:manage",))
    url = ("--api-url", fake.url)
    lines = [
        ("login", "-p", "work", "--with-token", "--verify", "--force", *url),
        ("status", "-p", "work"),
        ("tokens", "list", "-p", "work"),
        ("tokens", "create", "x", "--store-as", "x", "-p", "work"),
        ("profiles", "verify"),
        ("rotate", "-p", "work"),
        ("revoke", "-p", "work", "--yes"),
    ]
    for line in lines:
        arka(*line, stdin=TOKEN)
    assert len(fake.requests) > len(lines)
    assert [record for record in caplog.records if "arka_" in repr(record.args) + record.getMessage()] == []
    assert caplog.records, "nothing was logged, so nothing was checked"


# Representations of values


def settings() -> Settings:
    return Settings.load(flags={"token": TOKEN}, environ={})


def validation_error() -> Exception:
    """Return an error of pydantic itself: a token is in the table and, as a key, in a wrong place."""
    try:
        Settings.model_validate({"token": TOKEN, "timeout": [TOKEN]})
    except (ValidationError, ConfigError) as error:
        return error
    raise AssertionError("no error was raised")


def settings_error() -> ConfigError:
    try:
        Settings.load(flags={"token": TOKEN, "timeout": "soon"}, environ={})
    except ConfigError as error:
        return error
    raise AssertionError("no error was raised")


def credential() -> Credential:
    return Credential(Secret(TOKEN), Origin.of("https://arka-ai.com"), label="x")


def pickle_error(value: object) -> str:
    try:
        return repr(pickle.dumps(value))
    except TypeError as error:
        return all_text(error)


SURFACES: dict[str, Callable[[], Any]] = {
    "repr of a secret": lambda: repr(Secret(TOKEN)),
    "str of a secret": lambda: str(Secret(TOKEN)),
    "format of a secret": lambda: f"{Secret(TOKEN)!s:>80} {Secret(TOKEN)!a}",
    "percent format of a secret": lambda: "%s %r" % (Secret(TOKEN), [Secret(TOKEN)]),  # noqa: UP031
    "a secret in a list, printed": lambda: pprint.pformat({"a": [Secret(TOKEN)]}),
    "pickle of a secret": lambda: pickle_error(Secret(TOKEN)),
    "repr of a credential": lambda: repr(credential()),
    "pickle of a credential": lambda: pickle_error(credential()),
    "a copy of a credential": lambda: repr(copy.copy(credential())),
    "repr of settings": lambda: repr(settings()),
    "str of settings": lambda: str(settings()),
    "dump of settings": lambda: repr(settings().model_dump()),
    "JSON dump of settings": lambda: settings().model_dump_json(),
    "dump of settings as JSON has it": lambda: json.dumps(settings().model_dump(mode="json")),
    "schema of settings": lambda: json.dumps(Settings.model_json_schema()),
    "schema of templates": lambda: json.dumps(json_schema(app)),
    "rich repr of settings": lambda: repr(list(settings().__rich_repr__())),  # type: ignore[misc]
    "origin of a value": lambda: repr(settings().source_of("token")),
    "a validation error": lambda: str(validation_error()),
    "repr of a validation error": lambda: repr(validation_error()),
    "a validation error and its chain": lambda: all_text(validation_error()),
    "our error for invalid settings": lambda: all_text(settings_error()),
    "our error's context": lambda: all_text(settings_error()) + repr(settings_error().__context__),
    "repr of a resolution": lambda: repr(Resolution(open_store(app), {}, flags={"token": TOKEN})),
    "repr of a finding": lambda: repr(Resolution(open_store(app), {}, flags={"token": TOKEN}).effective_token()),
}


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.usefixtures("home")
def test_no_representation_shows_a_token(surface: str) -> None:
    assert not shows_token(str(SURFACES[surface]()))
    numbers.record("canary", f"surface {surface}", "1")


def test_the_test_tokens_are_detected() -> None:
    assert shows_token(TOKEN)
    assert shows_token(OTHER)
    assert not shows_token("arka_…9f3c")
