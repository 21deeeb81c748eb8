"""`identity create`: create this machine's identity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.output import terminal
from arka_config.cli.runtime.command import command

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session

if TYPE_CHECKING:
    from arka_config.cli.output.documents.templates import IdentityDocument


@command()
def create(session: Session) -> None:
    """Create this machine's identity, and print its recipient.

    The identity is a secret key that stays on this machine. The recipient is public: anyone can use it to seal tokens
    for this machine with `{app} seal --to RECIPIENT`, but cannot open them.
    """
    from arka_config.templates.sealed import IdentityFile

    file = IdentityFile(session.store.folders.data)
    with session.store.lock:
        recipient = file.create()
    document: IdentityDocument = {"path": file.path, "recipient": recipient}
    session.show(document, recipient)
    terminal.say(f"Created {session.with_tilde(file.path)}, which only your account can read", mark="✓")
