"""`vault add-unlocker`: one more way to open the vault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.input import new_unlockers
from arka_config.cli.output import terminal, unlockers
from arka_config.cli.runtime.command import command
from arka_config.sealing import operations
from arka_config.sealing.data_key import KINDS
from arka_config.sealing.vault import vault_of

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session


@command(name="add-unlocker")
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--key-file", "path", metavar="PATH", help="Where the key file is, or is to be made.")
def add_unlocker(session: Session, kind: str, path: str | None) -> None:
    """Add a way to open the vault: each of them opens it alone."""
    vault = vault_of(session.store)
    vault.keys(fresh=True)  # opened first, so that a question for the old passphrase is not taken for the new one's
    (wanted,) = new_unlockers.unlockers(session, [kind], path)
    name = operations.add_unlocker(vault, wanted)
    added = next(unlocker for unlocker in vault.required_file().unlockers if unlocker.name == name)
    if session.json:
        session.show_json({"unlocker": unlockers.document(added)})
    terminal.say(f"Added unlocker '{name}': {unlockers.place(session, added)}", mark="✓")
