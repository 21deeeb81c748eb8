"""`config reference`: print a reference of the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.runtime.click_context import program_context
from arka_config.cli.runtime.command import command

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from arka_config.cli.output.documents.profiles import SettingReferenceDocument, SettingsReferenceDocument
    from arka_config.cli.runtime.session import Session
    from arka_config.settings.fields import Leaf
    from arka_config.settings.reference import Setting


@command()
@click.option(
    "--format",
    "format_",
    type=click.Choice(["markdown", "man"]),
    default="markdown",
    show_default=True,
    help="A Markdown table, or a man page of section 5.",
)
def reference(session: Session, format_: str) -> None:
    """Print a reference of every setting: name, type, default, variable, option and description.

    `{app} config reference --format man | man -l -` shows it as a man page.
    """
    from arka_config.cli.reference.settings import write
    from arka_config.settings.reference import describe
    from arka_config.versions import app_version

    context = click.get_current_context()
    settings = session.app.settings_class()
    found = describe(session.app, settings, _find_offered(context, settings.leaves()))
    text = write(session.app, found, format_, app_version(session.app))
    document: SettingsReferenceDocument = {"settings": [_document(each) for each in found]}
    session.show(document, text.rstrip("\n"))


def _find_offered(context: click.Context, leaves: Mapping[str, Leaf]) -> bool | list[str]:
    """Return the settings that have an option. True, for all, if click does not parse the program's command line."""
    program = program_context(context)
    if getattr(program.command, "session", None) is not None:
        return True
    options = {option for parameter in context.command.get_params(context) for option in parameter.opts}
    options |= set(_options_of_author(program, program.command))
    return [name for name, leaf in leaves.items() if leaf.field.option in options]


def _options_of_author(context: click.Context, command: click.Command) -> Iterator[str]:
    """Yield the options of a command and of those below it, apart from the app's own commands."""
    for parameter in command.params:
        yield from parameter.opts
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None and not hasattr(below, "app"):
                yield from _options_of_author(context, below)


def _document(setting: Setting) -> SettingReferenceDocument:
    return {
        "name": setting.name,
        "type": setting.type,
        "default": setting.default,
        "required": setting.required,
        "variable": setting.variable,
        "option": setting.option,
        "key": setting.key,
        "description": setting.description,
    }
