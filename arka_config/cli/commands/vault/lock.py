"""`vault lock`: end every session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.output import terminal
from arka_config.cli.runtime.command import command
from arka_config.sealing.vault import vault_of
from arka_config.text import count_text

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session

if TYPE_CHECKING:
    from arka_config.cli.output.documents.vault import LockedDocument


@command()
def lock(session: Session) -> None:
    """End every session that `{app} vault unlock` started, in all shells.

    A key file still opens the vault.
    """
    sessions = vault_of(session.store).sessions
    with session.store.lock:
        ended = sessions.end_all()
    document: LockedDocument = {"ended": ended}
    session.report(document, f"Ended {count_text(ended, 'session')}")
    if session.environ.get(sessions.variable):
        terminal.say(f"  {sessions.variable} is now useless here; you can remove it: unset {sessions.variable}")
