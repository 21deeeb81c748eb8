"""The manual pages of a program: one for the program, with the topics, and one for each command and group."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

import click

from arka_config.cli.reference import roff
from arka_config.cli.reference.document import Block, Definitions, Example, Heading, Paragraph
from arka_config.cli.reference.topics import TOPICS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arka_config.app_identity import AppIdentity

_SECTION = 1
_TITLES = {"precedence": "PRECEDENCE", "environment": "ENVIRONMENT", "exit-codes": "EXIT STATUS", "files": "FILES"}


def write_pages(app: AppIdentity, group: click.Group, version: str) -> dict[str, str]:
    """Return the pages of a program by file name: `arka.1`, `arka-login.1`, `arka-profiles-list.1`."""
    contexts = walk_commands(app, group)
    common = common_options(contexts)
    return {
        f"{page_name(context)}.{_SECTION}": "\n".join(_page(app, context, contexts, common, version)) + "\n"
        for context in contexts
    }


def walk_commands(app: AppIdentity, group: click.Group) -> list[click.Context]:
    """Return the context of the program, and then of every command and group in it."""
    return list(_walk(click.Context(group, info_name=app.name, **group.context_settings)))


def common_options(contexts: list[click.Context]) -> set[str]:
    """The options of the program itself, which every command has too."""
    root = contexts[0]
    return {option for parameter in root.command.get_params(root) for option in parameter.opts}


def describe_command(app: AppIdentity, context: click.Context, common: set[str]) -> list[Block]:
    """Describe a command without headings: usage, help, and its options without the common ones."""
    command = context.command
    own = own_options(context, common)
    return [
        Example((" ".join([context.command_path, *command.collect_usage_pieces(context)]),)),
        *map(_block, _help(command, app.name)),
        *([Definitions(tuple((f"`{names}`", text) for names, text in own), ("option", "what it does"))] if own else []),
    ]


def own_options(context: click.Context, common: set[str]) -> list[tuple[str, str]]:
    """The options of a command that not every command has, with their help; of the program, all."""
    options = _options(context.command, context)
    return [(names, text) for opts, names, text in options if context.parent is None or common.isdisjoint(opts)]


def _arguments(context: click.Context) -> tuple[tuple[str, str], ...]:
    """The arguments of a command that have a help text of their own, as those of a Typer may."""
    parameters = [each for each in context.command.params if each.param_type_name == "argument"]
    records = [parameter.get_help_record(context) for parameter in parameters]
    # click 8.5 has a record for each argument, also without a text.
    return tuple((f"`{names}`", text) for names, text in filter(None, records) if text)


def page_name(context: click.Context) -> str:
    """The name of a command's page: its words, joined with dashes."""
    return context.command_path.replace(" ", "-")


def _walk(context: click.Context) -> Iterator[click.Context]:
    """Yield the context of a group and of every command below it."""
    yield context
    command: Any = context.command
    if _is_group(command):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None and not found.hidden:
                loaded = found.load() if hasattr(found, "load") else found
                yield from _walk(click.Context(loaded, parent=context, info_name=name))


def _is_group(command: click.Command) -> bool:
    """Whether a command has commands below it. A Typer's commands are of the click that Typer vendors."""
    return hasattr(command, "list_commands")


def _page(
    app: AppIdentity, context: click.Context, contexts: list[click.Context], common: set[str], version: str
) -> list[str]:
    command, is_root = context.command, context.parent is None
    blocks: list[Block] = [
        Heading("NAME"),
        Paragraph(f"{page_name(context)} - {_summary(command, app.name)}"),
        Heading("SYNOPSIS"),
        Paragraph(" ".join([f"`{context.command_path}`", *map(_once, command.collect_usage_pieces(context))])),
        Heading("DESCRIPTION"),
        *map(_block, _help(command, app.name)),
    ]
    if arguments := _arguments(context):
        blocks += [Heading("ARGUMENTS"), Definitions(arguments)]
    if own := own_options(context, common):
        blocks += [Heading("OPTIONS"), Definitions(tuple((f"`{names}`", text) for names, text in own))]
    if _is_group(command):
        rows = [
            (f"`{page_name(below)}(1)`", _summary(below.command, app.name))
            for below in contexts
            if below.parent is context
        ]
        blocks += [Heading("COMMANDS"), Definitions(tuple(rows))]
    lines = [*roff.title(page_name(context), _SECTION, f"{app.name} {version}", f"{app.title} manual")]
    lines += roff.write_blocks(blocks, heading="SH")
    if is_root:
        for topic in TOPICS.values():
            lines.append(f'.SH "{_TITLES[topic.name]}"')
            lines += roff.write_blocks(topic.blocks(app))
        return lines
    parent = context.parent
    assert parent is not None
    related = [parent] if parent.parent is not None else []
    related += [below for below in contexts if below.parent is parent and related and below is not context]
    also: list[Block] = [
        Heading("SEE ALSO"),
        Paragraph(
            f"`{app.name}(1)` describes the options of every command, the environment, the files and the exit status."
        ),
        *([Paragraph(", ".join(f"`{page_name(below)}(1)`" for below in related))] if related else []),
    ]
    return lines + roff.write_blocks(also, heading="SH")


def _once(piece: str) -> str:
    """Return an argument in one pair of brackets: older versions of click write an optional choice in two."""
    return piece[1:-1] if piece.startswith("[[") and piece.endswith("]]") else piece


def _summary(command: click.Command, program: str) -> str:
    """The first paragraph of a command's help, without its period."""
    first = _help(command, program)[0]
    return " ".join(first.split()).rstrip(".")


def _help(command: click.Command, program: str) -> list[str]:
    """The paragraphs of a command's help."""
    text = inspect.cleandoc(command.help or command.short_help or command.name or "").replace("{app}", program)
    return [part for part in re.split(r"\n\s*\n", text) if part.strip()]


def _block(paragraph: str) -> Block:
    """A paragraph of a command's help. Click keeps the lines of one that begins with a backspace."""
    if paragraph.startswith("\b\n"):
        return Example(tuple(inspect.cleandoc(paragraph[2:]).splitlines()))
    return Paragraph(" ".join(paragraph.split()))


def _options(command: click.Command, context: click.Context) -> Iterator[tuple[list[str], str, str]]:
    """Yield each option: its names, how it is written with its value, and its help."""
    for parameter in command.get_params(context):
        is_option = parameter.param_type_name == "option"
        record = parameter.get_help_record(context) if is_option else None
        if record is not None:
            yield [*parameter.opts], record[0], record[1].replace("{app}", str(context.find_root().info_name))
