"""`identity show`: print the recipient of this machine's identity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.runtime.command import command

if TYPE_CHECKING:
    from arka_config.cli.output.documents.templates import IdentityDocument
    from arka_config.cli.runtime.session import Session


@command()
def show(session: Session) -> None:
    """Print the public recipient of this machine's identity, for `{app} seal --to`."""
    from arka_config.templates.sealed import IdentityFile

    file = IdentityFile(session.store.folders.data)
    recipient = file.recipient()
    document: IdentityDocument = {"path": file.path, "recipient": recipient}
    session.show(document, recipient)
