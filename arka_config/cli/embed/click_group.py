"""Add an app's options to every command of an author's click group.

The group's class is replaced by a subclass, so that commands added later are included, and a group that looks up its
commands by itself works too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.runtime.asynchronous import run_if_async
from arka_config.cli.runtime.click_context import current_session
from arka_config.cli.runtime.command import AUTHORS, JSON, Command, implements_json
from arka_config.cli.runtime.command_tree import LazyCommand, SectionedGroup, write_sections
from arka_config.cli.runtime.registry import ENTRIES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from arka_config.app_identity import AppIdentity
    from arka_config.cli.runtime.command import OptionSpec

_ORDER = {entry.name: number for number, entry in enumerate(ENTRIES)}


class AuthorsGroup(click.Group):
    """An author's group that an app's commands or options were added to."""

    with_app: AppIdentity

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command with the app's options."""
        command = super().get_command(ctx, cmd_name)
        return None if command is None else adopt(self.with_app, command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve as click does. Raises UsageError if `--json` precedes a command that does not have it."""
        name, command, rest = super().resolve_command(ctx, args)
        if command is None or isinstance(command, click.Group | LazyCommand) or implements_json(command):
            return name, command, rest
        if not ctx.resilient_parsing and current_session(ctx, self.with_app).json:
            raise click.UsageError(f"--json before '{name}': this command does not have it", ctx)
        return name, command, rest

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the author's commands, followed by the app's, section by section, unless the author's class does it."""
        authors = next(kind for kind in type(self).__mro__[1:] if kind is not AuthorsGroup)
        if authors.format_commands is not click.Group.format_commands:  # type: ignore[attr-defined]  # it is a Group's
            super().format_commands(ctx, formatter)
            return
        known = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        commands = {name: command for name, command in known.items() if command is not None}
        own = {name: command for name, command in commands.items() if not _is_ours(command)}
        ours = sorted(commands.keys() - own.keys(), key=lambda name: _ORDER.get(name, 0))
        write_sections({**own, **{name: commands[name] for name in ours}}, formatter)


def adopt(app: AppIdentity, command: click.Command) -> click.Command:
    """Add the app's options to a command of the author's, and to those below it. A command of an app stays as it is."""
    if _is_ours(command):
        return command
    command.callback = run_if_async(command.callback)
    if not isinstance(command, click.Group):
        insert_options(app, AUTHORS, command)
    elif not isinstance(command, AuthorsGroup):
        # The help of an author's group does not list `--json`, although the app's commands below it have it.
        insert_options(app, [*AUTHORS, JSON._replace(is_hidden=True)], command)
        kind = type(command)
        command.__class__ = type(kind.__name__, (AuthorsGroup, kind), {"with_app": app})
    return command


def insert_options(app: AppIdentity, specs: Iterable[OptionSpec], command: click.Command) -> None:
    """Insert options before those of a command, except if it has one of that name."""
    command.params[:0] = [spec.click_option(app) for spec in drop_taken_names(specs, command.params)]


def drop_taken_names(specs: Iterable[OptionSpec], own: Iterable[click.Parameter]) -> list[OptionSpec]:
    """Return the options that share no name with the command's own parameters."""
    taken = {name for parameter in own for name in (*parameter.opts, *parameter.secondary_opts)}
    return [spec for spec in specs if taken.isdisjoint(spec.spellings)]


def _is_ours(command: click.Command) -> bool:
    return isinstance(command, Command | LazyCommand | SectionedGroup)
