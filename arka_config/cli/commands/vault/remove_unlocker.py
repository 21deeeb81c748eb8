"""`vault remove-unlocker`: remove ways to open the vault, and create a new data key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.output import unlockers
from arka_config.cli.runtime import words
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.resealing import show_resealing
from arka_config.sealing import operations
from arka_config.sealing.vault import vault_of

if TYPE_CHECKING:
    from arka_config.cli.output.documents.vault import RemovedUnlockersDocument
    from arka_config.cli.runtime.session import Session


@command(name="remove-unlocker")
@click.argument("names", metavar="NAME...", type=words.UNLOCKER_NAME, nargs=-1, required=True)
def remove_unlocker(session: Session, names: tuple[str, ...]) -> None:
    """Remove a way to open the vault, or several, and create a new data key.

    Every unlocker that stays is needed for that. If several are lost, name them all: one that opens the vault is
    enough. The last one cannot be removed.
    """
    vault = vault_of(session.store)
    with show_resealing(vault, "Resealing") as progress:
        removed = operations.remove_unlockers(vault, names, progress)
    what = "' and '".join(unlocker.name for unlocker in removed)
    document: RemovedUnlockersDocument = {"unlockers": [unlocker.name for unlocker in removed]}
    session.report(
        document,
        f"Removed unlocker{'' if len(removed) == 1 else 's'} '{what}'; created a new data key, and all sessions have "
        "ended",
    )
    for unlocker in removed:
        unlockers.say_leftover(session, unlocker)
