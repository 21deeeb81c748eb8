"""`vault add-unlocker`: add a way to open the vault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.input.unlockers import kind_options, new_unlockers
from arka_config.cli.output import unlockers
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.resealing import show_resealing
from arka_config.sealing import operations
from arka_config.sealing.unlockers import registry
from arka_config.sealing.vault import vault_of

if TYPE_CHECKING:
    from arka_config.cli.output.documents.vault import AddedUnlockerDocument
    from arka_config.cli.runtime.session import Session


@command(name="add-unlocker")
@click.argument("kind", type=click.Choice(list(registry.KINDS)))
@kind_options
def add_unlocker(session: Session, kind: str, **options: str | None) -> None:
    """Add a way to open the vault. Each unlocker opens it on its own."""
    vault = vault_of(session.store)
    vault.keys(fresh=True)  # open it first, so that the user can tell the old passphrase's prompt from the new one's
    (new,) = new_unlockers(session, [kind], options)
    with show_resealing(vault, "Sealing") as progress:
        unlocker = operations.add_unlocker(vault, new, progress)
    document: AddedUnlockerDocument = {"unlocker": unlockers.document(unlocker)}
    session.report(
        document,
        f"Added unlocker '{unlocker.name}': {unlockers.describe(session, unlocker)}",
    )
