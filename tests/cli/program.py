"""Run `arka` in this process and capture its exit code and output."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pexpect

from arka_config.__main__ import main
from arka_config.cli.runtime.command_tree import LazyCommand
from arka_config.store.system import SYSTEM
from arka_config.testing import Result, Stream, run_program
from tests import file_formats, json_output  # noqa: F401  # they check all files and JSON that commands write

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pytest

    from tests.workspace.fake import FakeWorkspace

__all__ = [
    "OTHER",
    "TOKEN",
    "Result",
    "Stream",
    "arka",
    "every_command",
    "fill_disk_for_tokens",
    "log_in_both",
    "on_terminal",
]

TOKEN = "arka_" + "w" * 33 + "9f3c"
OTHER = "arka_" + "o" * 33 + "77d1"


def arka(*arguments: str, stdin: str = "", environ: Mapping[str, str] | None = None) -> Result:
    """Run `arka` in the test's environment plus these variables."""
    return run_program(main, arguments, stdin=stdin, environ=environ)


def log_in_both(fake: FakeWorkspace, other: str, label: str) -> None:
    """Store a token that may manage tokens in profile `work`, and another in `ci`. Forget the requests for it."""
    fake.add(TOKEN, scopes=("tokens:manage",))
    fake.add(other, label)
    for name, token in (("work", TOKEN), ("ci", other)):
        assert arka("login", "-p", name, "--with-token", "--api-url", fake.url, stdin=token).code == 0
    fake.requests.clear()


def on_terminal(home: Path, folder: Path, *arguments: str) -> pexpect.spawn[str]:
    """Start `arka` on a terminal, with this ARKA_HOME and HOME. The caller answers its prompts."""
    environ = {"HOME": str(folder), "ARKA_HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    program = str(Path(sys.executable).with_name("arka"))
    return pexpect.spawn(program, list(arguments), env=environ, encoding="utf-8", timeout=20)


def fill_disk_for_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every write of a token's file fail as if the disk were full."""
    replace = SYSTEM.replace

    def fail(temporary: str, target: str) -> None:
        if "/tokens/" in target:
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(temporary, target)

    monkeypatch.setattr(SYSTEM, "replace", fail)


def every_command(group: click.Group, within: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield every command of a tree with its full name, such as `profiles list`."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from every_command(command, f"{within}{name} ")
        else:
            assert isinstance(command, LazyCommand)
            yield f"{within}{name}", command.load()
