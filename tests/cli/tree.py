"""The tree of commands, as the program has it: what is to be tried for every command is tried for each of these."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.arka import app
from arka_config.cli import program
from arka_config.cli.group import LazyGroup

if TYPE_CHECKING:
    from collections.abc import Iterator


def _below(group: LazyGroup, within: str = "") -> Iterator[tuple[str, click.Command]]:
    for name in group.table:
        inner = group.get_command(click.Context(group), name)
        assert inner is not None
        if isinstance(inner, LazyGroup):
            yield from _below(inner, f"{within}{name} ")
        else:
            yield f"{within}{name}", inner


def commands() -> dict[str, click.Command]:
    """Every command by its words: `profiles rename`."""
    return dict(_below(program.program(app)))
