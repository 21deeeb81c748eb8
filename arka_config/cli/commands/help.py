"""`help`: help for the program, a command or a topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.output import terminal
from arka_config.cli.reference.document import write_text
from arka_config.cli.reference.topics import TOPICS
from arka_config.cli.runtime.click_context import program_context
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.command_tree import LazyCommand
from arka_config.cli.runtime.words import TextType
from arka_config.errors import UsageError
from arka_config.text import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from click.shell_completion import CompletionItem

    from arka_config.cli.output.documents.machine import HelpDocument
    from arka_config.cli.runtime.session import Session

_MAX_WIDTH = 100  # columns; longer lines are hard to read


class HelpWords(TextType):
    """The words of a command, or a topic."""

    name = "command"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the commands of the group that the words before this one name, and the topics if there are none."""
        from click.shell_completion import CompletionItem

        before = ctx.params.get(str(param.name)) or ()
        found = _find(program_context(ctx), before)
        group = found.command if found is not None else None
        commands = group.commands if isinstance(group, click.Group) else {}
        described = {name: each.get_short_help_str() for name, each in commands.items() if not each.hidden}
        if not before:
            described |= {topic.name: topic.summary for topic in TOPICS.values()}
        return [CompletionItem(name, help=text) for name, text in described.items() if name.startswith(incomplete)]


@command(name="help")
@click.argument("words", nargs=-1, metavar="[COMMAND|TOPIC]", type=HelpWords())
def help_(session: Session, words: tuple[str, ...]) -> None:
    """Show help for a command or a topic.

    Without either, lists the commands. The topics are precedence, environment, exit-codes and files.
    """
    context = program_context(click.get_current_context())
    topic = TOPICS.get(words[0]) if len(words) == 1 else None
    if topic is not None:
        width = min(terminal.columns(), _MAX_WIDTH)
        lines = write_text(topic.blocks(session.app), width).splitlines()
        text = "\n".join(map(terminal.safe_text, lines))  # it quotes the author's descriptions
        document: HelpDocument = {"topic": topic.name, "command": None, "text": text}
        return session.show(document, text)
    found = _find(context, words)
    if found is None:
        raise UsageError(f"there is no command or topic '{' '.join(words)}'", hint=_hint(context, words))
    text = found.command.get_help(found)
    document = {"topic": None, "command": " ".join(words) or None, "text": text}
    session.show(document, text)


def _hint(context: click.Context, words: Sequence[str]) -> str:
    names = list(context.command.commands) if isinstance(context.command, click.Group) else []
    near = did_you_mean(words[0], [*names, *TOPICS]) if len(words) == 1 else ""
    return near or f"{context.command_path} help"


def _find(program: click.Context, words: Sequence[str]) -> click.Context | None:
    """Return the context of a command, for its help; None if there is no such command."""
    context, command = program, program.command
    for word in words:
        found = command.get_command(context, word) if isinstance(command, click.Group) else None
        if found is None:
            return None
        command = found.load() if isinstance(found, LazyCommand) else found
        context = click.Context(command, parent=context, info_name=word, **command.context_settings)
    return context
