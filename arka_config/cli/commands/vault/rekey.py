"""`vault rekey`: create a new data key, and seal every token with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.output import terminal
from arka_config.cli.output.unlockers import count_stored, list_sealed
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.resealing import show_resealing
from arka_config.sealing import operations
from arka_config.sealing.vault import vault_of

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session


@command()
def rekey(session: Session) -> None:
    """Create a new data key and seal every token and secret with it.

    Every unlocker is needed and kept: you are asked for passphrases. Every session ends. A new key does not help
    against someone who has copies of your token files and of the old key: revoke the tokens instead.
    """
    vault = vault_of(session.store)
    with show_resealing(vault, "Resealing") as progress:
        names = operations.rekey(vault, progress)
    session.report(list_sealed(names), f"Created a new data key; sealed {count_stored(names)} with it")
    terminal.say("  All sessions have ended")
