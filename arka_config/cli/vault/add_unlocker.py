"""`vault add-unlocker`: one more way to open the vault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli import terminal
from arka_config.cli.command import command
from arka_config.cli.vault import asked, shown
from arka_config.sealing import changes
from arka_config.sealing.data_key import KINDS

if TYPE_CHECKING:
    from arka_config.cli.session import Session


@command(name="add-unlocker")
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--key-file", "path", metavar="PATH", help="Where the key file is, or is to be made.")
def add_unlocker(session: Session, kind: str, path: str | None) -> None:
    """Add a way to open the vault: each of them opens it alone."""
    vault = session.store.vault
    vault.keys(fresh=True)  # opened first, so that a question for the old passphrase is not taken for the new one's
    (wanted,) = asked.unlockers(session, [kind], path)
    name = changes.add_unlocker(vault, wanted)
    added = next(unlocker for unlocker in vault.required_file().unlockers if unlocker.name == name)
    if session.json:
        session.show_json({"unlocker": shown.document(added)})
    terminal.say(f"Added unlocker '{name}': {shown.place(session, added)}", mark="✓")
