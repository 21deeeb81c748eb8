"""`identity create`: makes this machine's identity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.output import terminal
from arka_config.cli.runtime.command import command

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session


@command()
def create(session: Session) -> None:
    """Make this machine's identity, and print whom to seal for.

    The identity is a secret key that stays on this machine. What is printed is its recipient, which is public: whoever
    has it can seal tokens for this machine, with `{app} seal --to RECIPIENT`, and open none.
    """
    from arka_config.templates.identity import IdentityFile

    file = IdentityFile(session.store.folders.data)
    with session.store.lock:
        recipient = file.create()
    if session.json:
        session.show_json({"path": file.path, "recipient": recipient})
    else:
        terminal.out(recipient)
    terminal.say(f"Made {session.with_tilde(file.path)}, which your account alone can read", mark="✓")
