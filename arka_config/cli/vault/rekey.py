"""`vault rekey`: makes a new data key, and seals every token with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli import terminal
from arka_config.cli.command import command
from arka_config.cli.progress import counted
from arka_config.cli.vault.shown import tokens
from arka_config.sealing import changes

if TYPE_CHECKING:
    from arka_config.cli.session import Session


@command()
def rekey(session: Session) -> None:
    """Make a new data key, and seal every token with it.

    Every unlocker is needed, and stays; a passphrase is asked for. Every session ends. Who has an old copy of both a
    token and its key has that token: revoke it instead.
    """
    with counted("Sealing anew") as told:
        names = changes.rekey(session.store.vault, told)
    if session.json:
        session.show_json({"sealed": names})
    terminal.say(f"There is a new data key; sealed {tokens(len(names))} with it", mark="✓")
    terminal.say("  Sessions have ended")
