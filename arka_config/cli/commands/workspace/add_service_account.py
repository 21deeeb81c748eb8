"""`workspace add-service-account`: create an account for programs, which cannot sign in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.app_identity import PLANS
from arka_config.cli.output import terminal
from arka_config.cli.runtime.command import command, feature_option
from arka_config.cli.runtime.workspace_server import database_option, open_workspace

if TYPE_CHECKING:
    from arka_config.cli.output.documents.workspace import ServiceAccountDocument
    from arka_config.cli.runtime.session import Session


@command(name="add-service-account")
@click.argument("name")
@feature_option(
    "--plan", type=click.Choice(["pro", "free"]), help="The account's plan. Default for a new one: free.", needs=PLANS
)
@database_option
def add_service_account(session: Session, name: str, plan: str | None, database_url: str) -> None:
    """Add an account for programs: it has a name instead of an e-mail address, and cannot sign in.

    [[plans:If it exists, change the plan if --plan is given. ]]Its tokens are created with
    {app} workspace create-token.

    \b
    {app} workspace add-service-account build-farm[[plans: --plan pro]]
    """
    with open_workspace(session, database_url) as workspace:
        account, is_new = workspace.add_service_account(name, plan)
    if session.json:
        document: ServiceAccountDocument = {
            "id": account.id,
            "email": account.email,
            "plan": account.plan,
            "service": True,
            "new": is_new,
        }
        return session.show_json(document)
    done = f"Added the service account {account.email}" if is_new else f"The service account {account.email} exists"
    has_plans = session.app.has_plans
    terminal.say(f"{done}, on the {account.plan} plan" if has_plans else done, mark="✓")
    if has_plans and account.plan != "pro":
        line = f"{session.app.name} workspace set-plan {account.email} pro"
        terminal.say(f"  Tokens work only on the pro plan: {line}")
    terminal.say(f"  To create a token: {session.app.name} workspace create-token --user {account.email} --label LABEL")
    return None
