"""`workspace add-user`: makes a user, and prints the link that signs them in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.output import terminal
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.workspace_server import database_option, database_url, require_server_extra, url_option

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session
    from arka_config.workspace.server.workspace import Invitation


@command(name="add-user")
@click.argument("email")
@click.option("--plan", type=click.Choice(["pro", "free"]), help="The user's plan; free for a new one.")
@url_option
@database_option
def add_user(session: Session, email: str, plan: str | None, url: str, **options: str) -> None:
    """Add a user, and print a link that signs them in: once, and within 15 minutes.

    For a user who is there it makes another link, and changes the plan where one is given.

    \b
    {app} workspace add-user you@example.com --plan pro
    """
    with require_server_extra():
        from arka_config.workspace.server.workspace import Workspace

        workspace = Workspace.open(session.app, database_url(session, options["database_url"]), url)
    try:
        invitation = workspace.add_user(email, plan)
    finally:
        workspace.close()
    _tell(session, invitation)


def _tell(session: Session, invitation: Invitation) -> None:
    """The link, on stdout and nowhere else."""
    email = invitation.email if invitation.is_new else f"{invitation.email} already"
    done = "Added" if invitation.is_new else "There is"
    terminal.say(f"{done} {email}, on the {invitation.plan} plan", mark="✓")
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
    terminal.say("  To sign in, once and within 15 minutes, open:")
    terminal.out(invitation.link)
