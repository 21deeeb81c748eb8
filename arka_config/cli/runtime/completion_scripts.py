"""The completion scripts, for each shell, and the commands that print them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.fast_path import completion_variable

if TYPE_CHECKING:
    from arka_config.cli.output.documents.machine import CompletionDocument
    from arka_config.cli.runtime.command import Command
    from arka_config.cli.runtime.session import Session

SUFFIXES = {"bash": "bash", "zsh": "zsh", "fish": "fish", "powershell": "ps1"}


def script(shell: str, program: str) -> str:
    """Return the script that completes a program in a shell."""
    from importlib.resources import files

    text = files("arka_config.cli.runtime").joinpath("shell", f"completion.{SUFFIXES[shell]}").read_text("utf-8")
    function = f"_{program.replace('-', '_').replace('.', '_')}_completion"
    for name, value in (("PROGRAM", program), ("FUNCTION", function), ("VARIABLE", completion_variable(program))):
        text = text.replace(f"__{name}__", value)
    return text.removesuffix("\n")


def program_name(session: Session) -> str:
    """The program that a shell runs: the app's, or the one that its commands are below."""
    return click.get_current_context().find_root().info_name or session.app.name


def make_script_command(shell: str, usage: str) -> Command:
    """Make the command that prints the script of a shell."""

    def show(session: Session) -> None:
        text = script(shell, program_name(session))
        document: CompletionDocument = {"shell": shell, "script": text}
        session.show(document, text)

    show.__doc__ = f"Print the completion script for {shell}.\n\n\b\n{usage}"
    return command(name=shell)(show)
