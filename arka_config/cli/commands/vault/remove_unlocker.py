"""`vault remove-unlocker`: remove a way to open the vault, and create a new data key."""

from __future__ import annotations

import click

from arka_config.cli.output import unlockers
from arka_config.cli.output.progress import counter
from arka_config.cli.runtime.command import Session, command
from arka_config.sealing import operations
from arka_config.sealing.vault import vault_of


@command(name="remove-unlocker")
@click.argument("name")
def remove_unlocker(session: Session, name: str) -> None:
    """Remove a way to open the vault, and create a new data key.

    Every other unlocker is needed for that. The last unlocker cannot be removed.
    """
    with counter("Resealing") as progress:
        unlocker = operations.remove_unlocker(vault_of(session.store), name, progress)
    session.report(
        {"unlocker": name}, f"Removed unlocker '{name}'; created a new data key, and all sessions have ended"
    )
    unlockers.say_leftover(session, unlocker)
