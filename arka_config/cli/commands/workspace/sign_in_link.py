"""`workspace sign-in-link`: print another sign-in link for a user."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.output import terminal
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.workspace_server import database_option, open_workspace, show_link, url_option

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session


@command(name="sign-in-link")
@click.argument("email")
@url_option
@database_option
def sign_in_link(session: Session, email: str, url: str, database_url: str) -> None:
    """Print another sign-in link for a user, which works once, within 15 minutes.

    \b
    {app} workspace sign-in-link you@example.com
    """
    with open_workspace(session, database_url, url) as workspace:
        invitation = workspace.create_link(email)
    terminal.say(f"Created a sign-in link for {invitation.email}", mark="✓")
    show_link(session, invitation)
