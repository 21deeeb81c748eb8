"""The tree of commands, built from the registry, and how click runs a command line of it.

A command is imported only when it is run or completed, or when its help is shown.
"""

from __future__ import annotations

import itertools
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from arka_config import errors
from arka_config.cli.output import terminal
from arka_config.cli.reference.topics import TOPICS
from arka_config.cli.runtime import fast_path
from arka_config.cli.runtime.click_context import attach_session, current_session, program_context
from arka_config.cli.runtime.command import (
    HELP_OPTIONS,
    Command,
    ReportedError,
    common_options,
    implements_json,
    print_json_errors,
    raise_click_errors,
    show_json_error,
    suggest_only_safe_options,
)
from arka_config.cli.runtime.help_format import HelpContext
from arka_config.cli.runtime.registry import BY_GROUP, GROUPS
from arka_config.cli.runtime.words import complete_attached_value
from arka_config.text import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from typing import Any

    from click.shell_completion import CompletionItem

    from arka_config.app_identity import AppIdentity
    from arka_config.cli.runtime.registry import Entry
    from arka_config.cli.runtime.session import Session


class UnknownCommand(click.UsageError):
    """A word that is not a command. `hint` is a command line that helps."""

    def __init__(self, message: str, context: click.Context, *, hint: str) -> None:
        super().__init__(message, context)
        self.hint = hint


class SectionedGroup(click.Group):
    """A group that lists its commands by section, in the order in which they were added, and suggests nearest names.

    `session` is set if a program that is not click forwards its arguments to this group and has a session already.
    """

    session: Session | None = None
    context_class = HelpContext

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse as click does, in the session of the program that forwards."""
        if self.session is not None:
            attach_session(ctx, self.session)
        with suggest_only_safe_options():
            return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return every command's name, in the order in which they were added."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve as click does, with the nearest names in the error."""
        if args and not args[0].startswith("-") and args[0] not in self.commands and not ctx.resilient_parsing:
            raise self._no_such_command(ctx, *args[:2])
        return super().resolve_command(ctx, args)

    def _no_such_command(self, ctx: click.Context, word: str, after: str = "") -> UnknownCommand:
        """The error for a word that is not a command, with the command that the user may have meant by it, and perhaps
        by the word after it: `auth status`."""
        from arka_config.cli.runtime import suggestions

        program = program_context(ctx)
        group = ctx.command_path.removeprefix(program.command_path).strip()
        for words in (f"{word} {after}", word):
            meant = suggestions.synonym(words, group)
            if meant and _has_command(program, meant):
                hint = " ".join([program.command_path, *meant])
                shown = hint if meant == [word] else " ".join(meant)  # `profiles use` is `arka use`
                said = "" if "--help" in meant else f"; did you mean '{shown}'?"
                return UnknownCommand(f"no such command '{word}'{said}", ctx, hint=hint)
        near = suggestions.correction(word, self.commands, group)
        if not near:
            return UnknownCommand(f"no such command '{word}'", ctx, hint=f"{ctx.command_path} --help")
        found = self.commands[near]
        if isinstance(found, click.Group):  # `profile list` is `profiles list`
            below = " ".join(suggestions.synonym(after, near)) or near
            if below == near:
                below = f"{near} {suggestions.correction(after, found.commands, near) or '--help'}"
            near = below
        message = f"no such command '{word}'; did you mean '{near.removesuffix(' --help')}'?"
        return UnknownCommand(message, ctx, hint=f"{ctx.command_path} {near}")

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete commands, options and `-pNAME`."""
        attached = complete_attached_value(self, ctx, incomplete)
        return super().shell_complete(ctx, incomplete) if attached is None else attached

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, section by section."""
        write_sections(self.commands, formatter)


def write_sections(commands: Mapping[str, click.Command], formatter: click.HelpFormatter) -> None:
    """Write commands to a help page, section by section, in their order, and the topics of `help`."""
    width = max(map(len, commands), default=0)
    sections: dict[str, list[tuple[str, str]]] = {}
    for name, command in commands.items():
        if not command.hidden:
            rows = sections.setdefault(getattr(command, "section", "Commands"), [])
            rows.append((name.ljust(width), command.get_short_help_str(formatter.width)))
    if isinstance(commands.get("help"), LazyCommand):
        sections["Topics"] = [(topic.name.ljust(width), topic.summary) for topic in TOPICS.values()]
    for title, rows in sections.items():
        with formatter.section(title):
            formatter.write_dl(rows)


class AppGroup(SectionedGroup):
    """A group of an app's commands, such as `profiles`."""

    def __init__(self, app: AppIdentity, entry: Entry) -> None:
        super().__init__(
            entry.last_word,
            help=f"{entry.summary}.",
            short_help=entry.summary,
            no_args_is_help=True,
            context_settings=dict(HELP_OPTIONS),
        )
        self.app = app
        self.section = entry.section
        self.hidden = entry.for_secrets and not app.may_have_secrets
        self.params += common_options()
        self.commands = {
            child.last_word: LazyCommand(app, child) for child in BY_GROUP[entry.name] if app.can(child.needs)
        }


class LazyCommand(click.Command):
    """A command that is not imported yet. The registry has what a list of commands needs."""

    def __init__(self, app: AppIdentity, entry: Entry) -> None:
        super().__init__(entry.last_word, help=entry.summary, short_help=entry.summary)
        self.app = app
        self.section = entry.section
        self._entry = entry

    def load(self) -> Command:
        """Import the command and return it, for the app."""
        found: Command = getattr(import_module(self._entry.module), self._entry.function)
        return found.bind(self.app)

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Make the context of the command itself, which click then runs."""
        return self.load().make_context(*args, **extra)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the parameters of the command itself, for programs that document it."""
        return self.load().get_params(ctx)


def commands(app: AppIdentity, only: Collection[str] | None = None) -> Iterator[AppGroup | LazyCommand]:
    """Yield the commands of an app, or `only` some of them. Raises LookupError for an unknown name."""
    only = app.commands if only is None else only
    top = {entry.name: entry for entry in BY_GROUP[""]}
    if unknown := sorted(set(only or ()) - top.keys()):
        raise LookupError(f"there is no command '{unknown[0]}' to add; {did_you_mean(unknown[0], top)}")
    if missing := sorted(name for name in set(only or ()) if not app.can(top[name].needs)):
        raise LookupError(f"{app!r} has no command '{missing[0]}': it needs verifier=WorkspaceVerifier()")
    for name, entry in top.items():
        if (only is not None and name not in only) or not app.can(entry.needs):
            continue
        if name not in GROUPS:
            yield LazyCommand(app, entry)
        elif (group := AppGroup(app, entry)).commands:
            yield group


def names_without_completion(app: AppIdentity) -> set[str]:
    """The names of the commands that a Typer or argparse program gets: by default all but click's `completion`."""
    return {str(command.name) for command in commands(app) if app.commands or command.name != "completion"}


def program(app: AppIdentity, only: Collection[str] | None = None) -> SectionedGroup:
    """A program that has the app's commands and no others: `arka` is one."""

    @click.group(
        app.name,
        cls=SectionedGroup,
        invoke_without_command=True,
        subcommand_metavar="[COMMAND] [ARGS]...",  # as newer versions of click write it
        context_settings=dict(HELP_OPTIONS),
        help=f"Store, switch and use named tokens for {app.title}. Without a command, show what is in use.",
    )
    @click.pass_context
    def group(context: click.Context) -> None:
        """Show the overview if no command is given."""
        if context.invoked_subcommand is None:
            from arka_config.cli.runtime import overview

            session = current_session(context, app)
            with raise_click_errors(app), print_json_errors(session):
                overview.show(session, group.commands)

    group.params += [*common_options(app), version_option(app)]
    for command in commands(app, only):
        group.add_command(command)
    return group


def version_option(app: AppIdentity) -> click.Option:
    """The option `--version` of a program."""

    def show(context: click.Context, _: click.Parameter, given: bool) -> None:
        if given and not context.resilient_parsing:
            from arka_config.versions import version_line

            terminal.out(version_line(app, str(context.info_name)))
            context.exit()

    return click.Option(
        ["-V", "--version"], is_flag=True, expose_value=False, is_eager=True, callback=show, help="Print the version."
    )


def _has_command(program: click.Context, words: Sequence[str]) -> bool:
    """Whether a program has the command with these words. It may have only some of the app's commands."""
    command: click.Command | None = program.command
    for word in words:
        if not word.startswith("-"):
            command = command.get_command(program, word) if isinstance(command, click.Group) else None
    return command is not None


def run(app: AppIdentity, arguments: Sequence[str], cli: str | None = None) -> int:
    """Run a command line and return the exit code. `cli` is the import string of the author's program, if there is one.

    Raises ConfigError, also for the usage errors that click finds.
    """
    if cli is None:
        return run_click(app, program(app), arguments)
    module, _, name = cli.partition(":")
    found = getattr(import_module(module), name)
    if isinstance(found, click.Group):
        added = {name for name, command in found.commands.items() if _belongs_to(app, command)}
        _check_commands(app, added)
        return run_click(app, found, arguments)
    if (argparse := sys.modules.get("argparse")) is not None and isinstance(found, argparse.ArgumentParser):
        from arka_config.cli.runtime.parser_program import run_parser

        return run_parser(app, found, arguments)
    added = {info.name for info in found.registered_commands if _belongs_to(app, info.callback)}
    _check_commands(app, added)
    try:
        found(args=list(arguments), prog_name=app.name)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    return 0


def _belongs_to(app: AppIdentity, command: object) -> bool:
    """Whether a command is one of the app's. A module that is both `__main__` and imported has two equal apps."""
    return getattr(getattr(command, "app", None), "name", None) == app.name


def typer_names(cli: Any) -> set[str]:
    """The names of the commands that a Typer has. By default, Typer makes a name from that of the function."""
    return {info.name or info.callback.__name__.replace("_", "-") for info in cli.registered_commands}


def _check_commands(app: AppIdentity, added: Collection[str | None]) -> None:
    """Raise ConfigError if the fast path would run a command of the app that the program does not have."""
    expected = {str(command.name) for command in commands(app)} & set(fast_path.COMMANDS)
    if missing := sorted(expected.difference(filter(None, added))):
        raise errors.ConfigError(
            f"the program lacks these commands of {app!r}: {', '.join(missing)}",
            hint="call app.add_commands(cli), and name the app's commands in App(commands=…) unless it has them all",
        )


def run_click(app: AppIdentity, group: click.Group, arguments: Sequence[str], name: str = "") -> int:
    """Run a command line of a click group and return the exit code. Raises ConfigError."""
    error: errors.ConfigError
    program_name = name or app.name
    if instruction := os.environ.get(fast_path.completion_variable(program_name)):
        from arka_config.cli.runtime import completion

        if (text := completion.answer(app, group, program_name, instruction, os.environ)) is not None:
            terminal.out(text)
            return 0
    try:
        code = _run_main(group, arguments, program_name)
    except ReportedError as reported:
        error = reported.error
        is_unshown = reported.in_option
    except click.exceptions.NoArgsIsHelpError as shown:
        terminal.say_verbatim(shown.format_message())
        return shown.exit_code
    except click.UsageError as usage:
        error = _usage_error(app, usage)
        failed = None if usage.ctx is None else usage.ctx.command
        is_unshown = failed is not None and (isinstance(failed, LazyCommand) or implements_json(failed))
    except click.ClickException as other:  # raised by the author's code
        other.show()
        return other.exit_code
    except click.Abort:  # click's exception for Ctrl-C; click has ended the line on which the terminal shows ^C
        terminal.say("interrupted")
        return errors.EXIT_INTERRUPTED
    else:
        return code if isinstance(code, int) else 0
    if is_unshown and "--json" in itertools.takewhile(lambda word: word != "--", arguments):
        from arka_config.cli.runtime.session import Session

        session = Session(app, os.environ)  # that of the run may not have all of its options yet
        session.json = True
        show_json_error(session, error)
    raise error


def _run_main(group: click.Group, arguments: Sequence[str], program_name: str) -> Any:
    """Run a group and return its result. Raises BrokenPipeError for a closed pipe, for which click exits with 1."""
    stdout, stderr = sys.stdout, sys.stderr
    try:
        return group.main(list(arguments), prog_name=program_name, standalone_mode=False)
    except SystemExit:
        if sys.stdout is stdout:
            raise  # by the author's code
    sys.stdout, sys.stderr = stdout, stderr  # click replaced them
    raise BrokenPipeError


def _usage_error(app: AppIdentity, error: click.UsageError) -> errors.UsageError:
    """Convert click's usage error."""
    # click lists choices on lines that begin with a tab; any other line end came from the command line.
    message = " ".join(part.replace("\n", "\\x0a") for part in error.format_message().split("\n\t"))
    path = error.ctx.command_path if error.ctx else app.name
    hint = error.hint if isinstance(error, UnknownCommand) else f"{path} --help"
    return errors.UsageError(message[:1].lower() + message[1:].rstrip("."), hint=hint)
