"""`completion uninstall`: remove what `completion install` wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.input.options import yes_option
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.completion_places import place_of
from arka_config.cli.runtime.completion_scripts import SUFFIXES, program_name
from arka_config.exchange.variables import current_shell

if TYPE_CHECKING:
    from arka_config.cli.output.documents.machine import InstalledCompletionDocument
    from arka_config.cli.runtime.session import Session


@command()
@click.argument("shell", required=False, type=click.Choice(list(SUFFIXES)))
@yes_option
def uninstall(session: Session, shell: str | None, yes: bool) -> None:
    """Remove a shell's completion script, and the line that loads it (default: of the shell in $SHELL).

    A file that {app} did not write stays, and so does everything else in your shell's start-up file.
    """
    shell = shell or current_shell(session.environ)
    place = place_of(session, shell, program_name(session))
    if place.has_some_line() and not yes:
        session.confirm(f"Remove a line from {session.with_tilde(place.start_file or '')}?", flag="--yes")
    changed = place.uninstall()
    path = session.with_tilde(place.path)
    document: InstalledCompletionDocument = {
        "shell": shell,
        "path": place.path,
        "start_file": place.start_file,
        "changed": changed,
    }
    session.report(
        document,
        f"Removed {path}" if changed else f"No completion is installed at {path}",
    )
