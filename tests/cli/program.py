"""`arka` in this process: its exit code and what it wrote on each stream."""

from __future__ import annotations

import io
import json
import sys
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock

import click

from arka_config.arka import app
from arka_config.cli.group import Named
from arka_config.cli.run import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TOKEN = "arka_" + "w" * 33 + "9f3c"
OTHER = "arka_" + "o" * 33 + "77d1"


class Done(NamedTuple):
    """One run's exit code and streams."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on stdout."""
        return json.loads(self.out)


class Stream(io.StringIO):
    """A stream that is no terminal, whatever the test itself runs in."""

    encoding = "utf-8"


def arka(*arguments: str, stdin: str = "", environ: Mapping[str, str] | None = None) -> Done:
    """Runs `arka` with these arguments, in the environment of the test and these variables."""
    out, err = Stream(), Stream()
    with (
        mock.patch.dict("os.environ", environ or {}),
        mock.patch.multiple(sys, stdin=io.StringIO(stdin), stdout=out, stderr=err),
        warnings.catch_warnings(),
    ):
        code = run(app, arguments)
    return Done(code, out.getvalue(), err.getvalue())


def every_command(group: click.Group, within: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command of a tree, with its name in full: `profiles list`."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from every_command(command, f"{within}{name} ")
        else:
            assert isinstance(command, Named)
            yield f"{within}{name}", command.command()
