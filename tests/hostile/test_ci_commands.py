"""Text from arguments, variables, files and file names, in the log of a CI job: none of it is a command there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from arka_config.cli.output import terminal
from arka_config.testing import Stream
from tests.cli.program import TOKEN, arka
from tests.hostile.surfaces import ARGUMENTS, FILES, VARIABLES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.program import Result

# GitHub Actions, its older syntax, Azure Pipelines and TeamCity.
COMMANDS = ["::stop-commands::x", "##[stop-commands]x", "##vso[task.complete]x", "##teamcity[x]", "###[warning]x"]
TEXT = " ".join(COMMANDS)

# Their stdout is data, which is exact.
EXACT = {"token", "env", "export", "completion", "exec", "seal"}


def find_commands(text: str) -> list[str]:
    """Return the lines that a CI system would run, read as GitHub's ActionCommand.cs does, and as Azure does."""
    found = re.compile(r"^\s*::|##\w*\[", re.IGNORECASE)
    return [line for line in text.split("\n") if found.search(line)]


def check(done: Result, words: list[str]) -> bool:
    """Fail if an output holds a command. Return whether the text is in it, as an escape."""
    assert not find_commands(done.err), words
    if EXACT.isdisjoint(words):
        assert not find_commands(done.out), words
    return "stop-commands" in done.out + done.err


def test_no_argument_is_printed_as_a_ci_command(two_profiles: Path) -> None:
    shown = [
        check(arka(*words, stdin=TOKEN), words)
        for line in ARGUMENTS
        if line[0] not in ("workspace", "exec")
        for words in ([word.replace("{}", TEXT) for word in line],)
    ]
    assert sum(shown) > 20, "too few lines show their argument"


def test_no_variable_is_printed_as_a_ci_command(two_profiles: Path) -> None:
    shown = [
        check(arka(*words, environ={name: TEXT}), words)
        for name in VARIABLES
        for words in (["config", "show", "--sources"], ["status", "--offline"])
    ]
    assert any(shown)


@pytest.mark.parametrize("line", ["status --offline", "profiles list", "plan templates --diff", "doctor --all"])
def test_no_text_of_a_file_is_printed_as_a_ci_command(two_profiles: Path, line: str) -> None:
    shown = []
    for path, content, encode in FILES:
        file = two_profiles.parent / path
        before = file.read_bytes() if file.exists() else None
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content.replace("{}", encode(TEXT)), encoding="utf-8")
        for options in ((), ("--json",)):
            words = [*line.split(), *options]
            shown.append(check(arka(*words), words))
        if before is None:
            file.unlink()
        else:
            file.write_bytes(before)
    assert any(shown)


@pytest.mark.parametrize("options", [(), ("--json",), ("--diff",)])
def test_no_file_name_of_a_template_is_printed_as_a_ci_command(
    two_profiles: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    folder = two_profiles.parent / "templates"
    folder.mkdir()
    monkeypatch.chdir(folder)
    names = [f"{command}.toml" for command in COMMANDS]
    for name in names:
        (folder / name).write_text("unknown = 1\n")
    for paths in (["."], names):
        done = arka("plan", *paths, *options)
        assert done.code != 0
        assert check(done, ["plan"])
    for number, name in enumerate(names):
        (folder / name).write_text(f'version = 1\n[profile]\nname = "p{number}"\n')
    for paths in (["."], names):
        done = arka("plan", *paths, *options)
        assert done.code == 3, done.err
        assert check(done, ["plan"])


def test_json_keeps_the_value_of_a_text_that_is_a_ci_command(two_profiles: Path) -> None:
    arka("profiles", "create", "box", f"description={TEXT}")
    done = arka("profiles", "show", "box", "--json")
    assert not find_commands(done.out)
    assert done.json["description"] == TEXT


def test_a_gitlab_section_cannot_begin_in_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream()
    monkeypatch.setattr("sys.stderr", stream)
    terminal.say("section_start:1:x\r\x1b[0Kx")
    assert "\r" not in stream.getvalue()
    assert "\x1b" not in stream.getvalue()
