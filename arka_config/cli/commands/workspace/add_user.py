"""`workspace add-user`: create a user and print a sign-in link."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.app_identity import PLANS
from arka_config.cli.output import terminal
from arka_config.cli.runtime.command import command, feature_option
from arka_config.cli.runtime.workspace_server import database_option, open_workspace, show_link, url_option

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session


@command(name="add-user")
@click.argument("email")
@feature_option(
    "--plan", type=click.Choice(["pro", "free"]), help="The user's plan. Default for a new user: free.", needs=PLANS
)
@url_option
@database_option
def add_user(session: Session, email: str, plan: str | None, url: str, database_url: str) -> None:
    """Add a user and print a sign-in link, which works once, within 15 minutes.

    If the user exists, print another link[[plans:, and change the plan if --plan is given]].

    \b
    {app} workspace add-user you@example.com[[plans: --plan pro]]
    """
    with open_workspace(session, database_url, url) as workspace:
        invitation = workspace.add_user(email, plan)
    done = f"Added {invitation.email}" if invitation.is_new else f"{invitation.email} exists"
    has_plans = session.app.has_plans
    terminal.say(f"{done}, on the {invitation.plan} plan" if has_plans else done, mark="✓")
    if has_plans and invitation.plan != "pro":
        line = f"{session.app.name} workspace set-plan {invitation.email} pro"
        terminal.say(f"  Tokens work only on the pro plan: {line}")
    show_link(session, invitation, is_new=invitation.is_new)
