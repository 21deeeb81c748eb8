"""Groups whose commands are named by import string, so that running one imports no other."""

from __future__ import annotations

import copy
from importlib import import_module
from typing import TYPE_CHECKING

import click

from arka_config.cli.runtime import session as sessions
from arka_config.cli.runtime.command import Command, common_options
from arka_config.text import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Self

    from arka_config.app import App
    from arka_config.cli.runtime.session import Session

    Section = Mapping[str, tuple[str, str]]  # command name -> (its import string, its help in one line)


class SectionedGroup(click.Group):
    """A group that lists its commands by section, in the order that they were added in, and knows the nearest names.

    `session` is one that was begun before, where a program of another kind hands its words on to this group.
    """

    session: Session | None = None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """click's own, for the session that was begun before."""
        if self.session is not None:
            sessions.go_on(ctx, self.session)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name, in the order in which they were added."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """click's own, with the nearest names in its error."""
        if args and not args[0].startswith("-") and args[0] not in self.commands and not ctx.resilient_parsing:
            near = did_you_mean(args[0], self.commands)
            raise click.UsageError(f"no such command '{args[0]}'{'; ' if near else ''}{near}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands, section by section."""
        width = max(map(len, self.commands), default=0)
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, command in self.commands.items():
            if not command.hidden:
                rows = sections.setdefault(getattr(command, "section", "Commands"), [])
                rows.append((name.ljust(width), command.get_short_help_str(formatter.width)))
        for title, rows in sections.items():
            with formatter.section(title):
                formatter.write_dl(rows)


class AppGroup(SectionedGroup):
    """A group of an app's, from a table. Without an app it has no commands: `bound` gives it those."""

    app: App
    section = "Commands"

    def __init__(self, name: str, sections: Mapping[str, Section], **attributes: Any) -> None:
        super().__init__(name, no_args_is_help=True, **attributes)
        self.params += common_options()
        self._sections = sections

    def bound(self, app: App, section: str = "Commands") -> Self:
        """The same group, with commands of this app's; one about the legacy file is for an app that has one."""
        made = copy.copy(self)
        made.app = app
        made.section = section
        made.commands = {
            name: Named(app, name, target, summary, title)
            for title, table in self._sections.items()
            for name, (target, summary) in table.items()
            if name != "legacy" or app.legacy_project is not None
        }
        return made


class Named(click.Command):
    """A command that is imported when it is run, completed, or asked for its help; what lists it knows all it needs."""

    def __init__(self, app: App, name: str, target: str, summary: str, section: str) -> None:
        super().__init__(name, help=summary, short_help=summary)
        self.app = app
        self.section = section
        self._target = target

    def command(self) -> Command:
        """The command itself, imported at this call, as one of the app's."""
        module, _, attribute = self._target.partition(":")
        found: Command = getattr(import_module(module), attribute)
        return found.bound(self.app)

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """The context of the command itself, which click then runs."""
        return self.command().make_context(*args, **extra)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The parameters of the command itself, for who documents it."""
        return self.command().get_params(ctx)
