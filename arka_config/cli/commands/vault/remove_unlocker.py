"""`vault remove-unlocker`: one way less to open the vault, and a new data key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.output import terminal
from arka_config.cli.output.progress import counter
from arka_config.cli.runtime.command import command
from arka_config.sealing import operations
from arka_config.sealing.data_key import KEY_FILE
from arka_config.sealing.vault import vault_of

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session


@command(name="remove-unlocker")
@click.argument("name")
def remove_unlocker(session: Session, name: str) -> None:
    """Take a way to open the vault away, and make a new data key.

    Every other unlocker is needed for that. The last one cannot be taken away.
    """
    with counter("Sealing anew") as told:
        removed = operations.remove_unlocker(vault_of(session.store), name, told)
    if session.json:
        session.show_json({"unlocker": name})
    terminal.say(f"Removed unlocker '{name}'; there is a new data key, and sessions have ended", mark="✓")
    if removed.kind == KEY_FILE:
        terminal.say(f"  {session.with_tilde(str(removed.details['path']))} opens nothing of this vault now")
