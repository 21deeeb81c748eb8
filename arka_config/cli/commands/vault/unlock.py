"""`vault unlock`: print the shell line that keeps the vault open in one shell."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from arka_config import timestamps
from arka_config.cli.input.options import shell_option
from arka_config.cli.output import terminal
from arka_config.cli.runtime.command import command
from arka_config.errors import UsageError
from arka_config.exchange import variables as formats
from arka_config.sealing import operations
from arka_config.sealing.vault import vault_of

if TYPE_CHECKING:
    from arka_config.cli.output.documents.vault import UnlockedDocument
    from arka_config.cli.runtime.session import Session


@command()
@click.option("--for", "duration", metavar="8h", default="12h", help="How long it stays open: 45min, 8h, 7d.")
@shell_option
def unlock(session: Session, duration: str, shell: str | None) -> None:
    """Print the line that keeps the vault open in this shell.

    \b
    eval "$({app} vault unlock)"                 bash, zsh
    {app} vault unlock | source                  fish
    {app} vault unlock | Out-String | iex        powershell
    """
    try:
        lasting = timestamps.parse_duration(duration)
    except ValueError as error:
        raise UsageError(f"--for: {error}") from None
    # Before the session begins: there may be no lines for this shell.
    syntax = shell or ("" if session.json else formats.current_shell(session.environ))
    vault = vault_of(session.store)
    with session.store.lock:
        operations.finish_interrupted(vault)
        keys = vault.keys(fresh=True)
        value, expires = vault.sessions.begin(keys.current, keys[keys.current], lasting.total_seconds())
    variables = {vault.sessions.variable: value}
    if session.json:
        document: UnlockedDocument = {"variables": variables, "expires": expires}
        return session.show_json(document, reveal=True)
    if sys.stdout.isatty():
        terminal.note("pass this line to eval: a program cannot change the shell that runs it")
    terminal.out(formats.shell_lines(variables, syntax))
    terminal.say(f"Open until {expires} in this shell, or until: {session.app.name} vault lock", mark="✓")
