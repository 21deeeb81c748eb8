"""`vault rekey`: makes a new data key, and seals every token with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.output import terminal
from arka_config.cli.output.progress import counter
from arka_config.cli.output.unlockers import tokens
from arka_config.cli.runtime.command import command
from arka_config.sealing import operations
from arka_config.sealing.vault import vault_of

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session


@command()
def rekey(session: Session) -> None:
    """Make a new data key, and seal every token with it.

    Every unlocker is needed, and stays; a passphrase is asked for. Every session ends. Who has an old copy of both a
    token and its key has that token: revoke it instead.
    """
    with counter("Sealing anew") as told:
        names = operations.rekey(vault_of(session.store), told)
    if session.json:
        session.show_json({"sealed": names})
    terminal.say(f"There is a new data key; sealed {tokens(len(names))} with it", mark="✓")
    terminal.say("  Sessions have ended")
