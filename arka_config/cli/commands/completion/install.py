"""`completion install`: let a shell complete the program's command lines from now on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.input.options import yes_option
from arka_config.cli.output import terminal
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.completion_places import place_of
from arka_config.cli.runtime.completion_scripts import SUFFIXES, program_name, script
from arka_config.exchange.variables import current_shell

if TYPE_CHECKING:
    from arka_config.cli.output.documents.machine import InstalledCompletionDocument
    from arka_config.cli.runtime.session import Session


@command()
@click.argument("shell", required=False, type=click.Choice(list(SUFFIXES)))
@click.option("--force", is_flag=True, help="Replace a file that {app} did not write.")
@yes_option
def install(session: Session, shell: str | None, force: bool, yes: bool) -> None:
    """Install the completion script for a shell (default: from $SHELL).

    It goes to the folder that the shell loads completions from. If the shell has none, a line that loads the script is
    added to your shell's start-up file, after you confirm it. Running it again updates the script.

    \b
    {app} completion install
    {app} completion install zsh --yes
    """
    shell = shell or current_shell(session.environ)
    program = program_name(session)
    place = place_of(session, shell, program)
    place.check(force=force)
    is_loaded = place.start_file is None or place.has_line()
    if not is_loaded and not yes:
        session.confirm(
            f"Add a line to {session.with_tilde(place.start_file or '')} that loads the script?", flag="--yes"
        )
    changed = place.install(script(shell, program))
    document: InstalledCompletionDocument = {
        "shell": shell,
        "path": place.path,
        "start_file": place.start_file,
        "changed": changed,
    }
    path = session.with_tilde(place.path)
    session.report(document, f"Installed {path}" if changed else f"{path} is up to date")
    if place.start_file is not None:
        terminal.say(f"  {session.with_tilde(place.start_file)} loads it")
    if changed:
        terminal.say(f"  Start a new {shell} to use it")
