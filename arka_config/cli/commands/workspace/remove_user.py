"""`workspace remove-user`: remove a user, with all tokens and sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.input.options import yes_option
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.workspace_server import database_option, open_workspace
from arka_config.text import count_text

if TYPE_CHECKING:
    from arka_config.cli.output.documents.workspace import RemovedUserDocument
    from arka_config.cli.runtime.session import Session


@command(name="remove-user")
@click.argument("email")
@yes_option
@database_option
def remove_user(session: Session, email: str, yes: bool, database_url: str) -> None:
    """Remove a user, revoke all of the user's tokens, and sign the user out. This cannot be undone.

    \b
    {app} workspace remove-user you@example.com
    """
    with open_workspace(session, database_url) as workspace:
        user = workspace.find_user(email)
        if not yes:
            session.confirm(f"Remove {user.email} and revoke {count_text(user.tokens, 'token')}?", flag="--yes")
        user = workspace.remove_user(email)
    document: RemovedUserDocument = {"id": user.id, "email": user.email, "revoked": user.tokens}
    session.report(document, f"Removed {user.email} and revoked {count_text(user.tokens, 'token')}")
