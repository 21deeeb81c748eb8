"""`vault disable`: turn sealing off, and write every sealed token to a plain file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.output import terminal, unlockers
from arka_config.cli.output.progress import counter
from arka_config.cli.runtime.command import command
from arka_config.sealing import operations
from arka_config.sealing.vault import vault_of

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session


@command()
@click.option("-y", "--yes", is_flag=True, help="Skip the confirmation.")
def disable(session: Session, yes: bool) -> None:
    """Turn sealing off: write every sealed token to a plain file.

    Tokens in the OS keyring stay there.
    """
    vault = vault_of(session.store)
    file = vault.required_file()
    if not yes:
        session.confirm("Write every sealed token to a plain text file?", flag="--yes")
    with counter("Unsealing") as progress:
        names = operations.disable(vault, progress)
    if session.json:
        session.show_json({"unsealed": names})
    terminal.say(f"Sealing is off; wrote {unlockers.tokens(len(names))} in plain text", mark="✓")
    for unlocker in file.unlockers:
        unlockers.say_leftover(session, unlocker)
