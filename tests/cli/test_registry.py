"""The registry of commands is complete, and the tests know what they need about each command."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import arka_config.cli.commands
from arka_config.cli.runtime.command import Command
from arka_config.cli.runtime.registry import ENTRIES, GROUPS
from tests import command_samples

REGISTRY = "arka_config/cli/runtime/registry.py"
COMMANDS = [entry for entry in ENTRIES if entry.name not in GROUPS]


def test_every_entry_has_its_command() -> None:
    for entry in COMMANDS:
        command = getattr(import_module(entry.module), entry.function, None)
        assert isinstance(command, Command), f"{REGISTRY}: '{entry.name}' has no {entry.module}:{entry.function}"
        assert command.name == entry.last_word, f"{entry.module}: the command's name is not '{entry.last_word}'"


def test_every_file_of_commands_has_an_entry() -> None:
    folder = Path(str(arka_config.cli.commands.__file__)).parent
    package = arka_config.cli.commands.__name__
    modules = {
        ".".join((package, *path.relative_to(folder).with_suffix("").parts))
        for path in folder.rglob("*.py")
        if path.name != "__init__.py"
    }
    assert modules == {entry.module for entry in COMMANDS}, f"{REGISTRY}: one line for each file in cli/commands"


def test_every_group_has_an_entry_before_its_commands() -> None:
    names = [entry.name for entry in ENTRIES]
    assert len(names) == len(set(names))
    for entry in COMMANDS:
        assert not entry.group or names.index(entry.group) < names.index(entry.name)


def test_summaries_are_short_sentences_without_a_period() -> None:
    for entry in ENTRIES:
        assert entry.summary[0].isupper(), f"{REGISTRY}: {entry.name}"
        assert not entry.summary.endswith("."), f"{REGISTRY}: {entry.name}"
        assert len(entry.summary) <= 65, f"{REGISTRY}: {entry.name}: click would cut the summary off"


def test_every_command_has_a_sample() -> None:
    assert command_samples.missing_and_unknown(entry.name for entry in COMMANDS) == []


def test_samples_run_their_own_command() -> None:
    for name, sample in command_samples.SAMPLES.items():
        assert sample.lines or sample.effect == "serve", f"tests/command_samples.py: '{name}' has no line"
        for line in sample.lines:
            assert line.words.startswith(name), f"tests/command_samples.py: '{line.words}' is not '{name}'"
