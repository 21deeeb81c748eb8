"""Groups whose commands are named by import string, so that running one imports no other."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import click

from arka_config.cli.command import common_options
from arka_config.text import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from click.shell_completion import CompletionItem

    from arka_config.app import App

    Section = Mapping[str, tuple[str, str]]  # command name -> (its import string, its help in one line)


class LazyGroup(click.Group):
    """A group that imports a command when it is run, and lists all of them, by section, from a table."""

    def __init__(self, name: str, sections: Mapping[str, Section], **attributes: Any) -> None:
        super().__init__(name, no_args_is_help=True, **attributes)
        self.params += common_options()
        self.sections = sections
        self.table = {name: entry for section in sections.values() for name, entry in section.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name, in the order of the table."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command itself, imported at this call."""
        if cmd_name not in self.table:
            return None
        target, _ = self.table[cmd_name]
        module, _, attribute = target.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """click's own, with the nearest names in its error."""
        if args and not args[0].startswith("-") and args[0] not in self.table and not ctx.resilient_parsing:
            near = did_you_mean(args[0], self.table)
            raise click.UsageError(f"no such command '{args[0]}'{'; ' if near else ''}{near}", ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands and options that begin so, from the table."""
        from click.shell_completion import CompletionItem

        commands = [
            CompletionItem(name, help=summary)
            for name, (_, summary) in self.table.items()
            if name.startswith(incomplete)
        ]
        return commands + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table, section by section."""
        width = max(map(len, self.table))
        for title, section in self.sections.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), summary) for name, (_, summary) in section.items()])


class Program(LazyGroup):
    """The outermost group: it knows the app."""

    def __init__(self, app: App, sections: Mapping[str, Section], **attributes: Any) -> None:
        super().__init__(app.name, sections, **attributes)
        self.app = app
