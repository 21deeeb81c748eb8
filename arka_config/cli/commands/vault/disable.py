"""`vault disable`: puts every sealed token back into a plain file, and turns sealing off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.output import terminal
from arka_config.cli.output.progress import counter
from arka_config.cli.output.unlockers import tokens
from arka_config.cli.runtime.command import command
from arka_config.sealing import operations
from arka_config.sealing.data_key import KEY_FILE
from arka_config.sealing.vault import vault_of

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session


@command()
@click.option("-y", "--yes", is_flag=True, help="Ask nothing.")
def disable(session: Session, yes: bool) -> None:
    """Turn sealing off: put every sealed token back into a plain file.

    Tokens in the OS keyring stay there.
    """
    vault = vault_of(session.store)
    file = vault.required_file()
    if not yes:
        session.confirm("Put every sealed token back into a plain text file?", flag="--yes")
    with counter("Unsealing") as told:
        names = operations.disable(vault, told)
    if session.json:
        session.show_json({"unsealed": names})
    terminal.say(f"Sealing is off; {tokens(len(names))} put back in plain text", mark="✓")
    for unlocker in file.unlockers:
        if unlocker.kind == KEY_FILE:
            terminal.say(f"  {session.with_tilde(str(unlocker.details['path']))} opens nothing now, and can go")
