"""`workspace add-user`: create a user and print a sign-in link."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.output import terminal
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.workspace_server import (
    database_option,
    find_database_url,
    require_server_extra,
    url_option,
)

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session
    from arka_config.workspace.server.workspace import Invitation


@command(name="add-user")
@click.argument("email")
@click.option("--plan", type=click.Choice(["pro", "free"]), help="The user's plan. Default for a new user: free.")
@url_option
@database_option
def add_user(session: Session, email: str, plan: str | None, url: str, **options: str) -> None:
    """Add a user and print a sign-in link, which works once, within 15 minutes.

    If the user exists, print another link, and change the plan if --plan is given.

    \b
    {app} workspace add-user you@example.com --plan pro
    """
    with require_server_extra():
        from arka_config.workspace.server.workspace import Workspace

        workspace = Workspace.open(session.app, find_database_url(session, options["database_url"]), url)
    try:
        invitation = workspace.add_user(email, plan)
    finally:
        workspace.close()
    _report(session, invitation)


def _report(session: Session, invitation: Invitation) -> None:
    """Print the link on stdout, and the rest on stderr."""
    done = f"Added {invitation.email}" if invitation.is_new else f"{invitation.email} exists"
    terminal.say(f"{done}, on the {invitation.plan} plan", mark="✓")
    if session.json:
        session.show_json(
            {
                "id": invitation.id,
                "email": invitation.email,
                "plan": invitation.plan,
                "new": invitation.is_new,
                "link": invitation.link,
                "expires": invitation.expires,
            }
        )
        return
    terminal.say("  To sign in, open this link within 15 minutes. It works once:")
    terminal.out(invitation.link)
