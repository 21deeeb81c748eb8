"""`workspace set-plan`: change a user's plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.workspace_server import database_option, open_workspace

if TYPE_CHECKING:
    from arka_config.cli.output.documents.workspace import UserDocument
    from arka_config.cli.runtime.session import Session


@command(name="set-plan")
@click.argument("email")
@click.argument("plan", type=click.Choice(["pro", "free"]))
@database_option
def set_plan(session: Session, email: str, plan: str, database_url: str) -> None:
    """Change a user's plan. The API accepts tokens of users on the pro plan only.

    \b
    {app} workspace set-plan you@example.com pro
    """
    with open_workspace(session, database_url) as workspace:
        user = workspace.set_plan(email, plan)
    document: UserDocument = {"id": user.id, "email": user.email, "plan": user.plan}
    session.report(document, f"{user.email} is on the {user.plan} plan")
