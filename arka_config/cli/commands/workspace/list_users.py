"""`workspace list-users`: list the users of a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config import timestamps
from arka_config.cli.output import tables, terminal
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.workspace_server import database_option, open_workspace

if TYPE_CHECKING:
    from arka_config.cli.output.documents.workspace import ListedUserDocument, UsersDocument
    from arka_config.cli.runtime.session import Session
    from arka_config.workspace.server.accounts import ListedUser

_COLUMNS = ("EMAIL", "PLAN", "TOKENS", "ADDED", "ID", "")


@command(name="list-users")
@database_option
def list_users(session: Session, database_url: str) -> None:
    """List the users of the workspace, with[[plans: their plans and]] the number of their tokens."""
    with open_workspace(session, database_url) as workspace:
        users = workspace.list_users()
    if session.json:
        document: UsersDocument = {"users": [_document(each) for each in users]}
        session.show_json(document)
    elif users:
        hidden = () if session.app.has_plans else ("PLAN",)
        shown = [index for index, name in enumerate(_COLUMNS) if name not in hidden]
        rows = [_row(each) for each in users]
        tables.show([_COLUMNS[index] for index in shown], [[row[index] for index in shown] for row in rows])
    else:
        terminal.say("The workspace has no users")
        terminal.say(
            f"  To add one: {session.app.name} workspace add-user EMAIL{' --plan pro' if session.app.has_plans else ''}"
        )


def _document(user: ListedUser) -> ListedUserDocument:
    return {
        "id": user.id,
        "email": user.email,
        "plan": user.plan,
        "created": timestamps.to_text(user.created),
        "tokens": user.tokens,
        "service": user.is_service,
    }


def _row(user: ListedUser) -> tuple[str, ...]:
    kind = "service" if user.is_service else ""
    return user.email, user.plan, str(user.tokens), f"{user.created:%Y-%m-%d}", user.id, kind
