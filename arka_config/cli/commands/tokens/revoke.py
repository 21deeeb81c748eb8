"""`tokens revoke`: revokes a token of the workspace, by its id or its label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.output import terminal
from arka_config.cli.runtime import workspace_access
from arka_config.cli.runtime.command import command
from arka_config.errors import RequestRefused, UsageError
from arka_config.workspace.client.client import CURRENT

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session
    from arka_config.workspace.client.client import WorkspaceClient
    from arka_config.workspace.client.models import TokenDetails


@command()
@click.argument("token_id", metavar="[ID]", required=False)
@click.option("--label", metavar="TEXT", help="Revoke the one token of this label.")
@click.option("-y", "--yes", is_flag=True, help="Ask nothing.")
def revoke(session: Session, token_id: str | None, label: str | None, yes: bool) -> None:
    """Revoke a token of the workspace: by its id, as `{app} tokens list` shows it, or by its label.

    Nobody can use it from then on. A profile that has it stored keeps it; `{app} revoke` forgets it too.
    """
    if (token_id is None) == (label is None):
        raise UsageError("name one token: by its ID, or by --label TEXT", hint=f"{session.app.name} tokens list")
    workspace = workspace_access.in_force(session)
    own = workspace.get_identity().token
    details = own if token_id in (own.id, CURRENT) else _found(session, workspace, token_id, label)
    shown = f"'{details.label}', {session.app.token_prefix}…{details.last_four}"
    if details.id == own.id:
        terminal.warn(f"{shown} is the token in force: nothing here works with it once it is revoked")
    if not yes:
        session.confirm(f"Revoke {shown}? It cannot be undone.", flag="--yes")
    workspace.revoke(details.id)
    if session.json:
        session.show_json({"id": details.id, "label": details.label, "current": details.id == own.id})
    terminal.say(f"Revoked {shown}", mark="✓")
    if details.id == own.id:
        terminal.say(f"  To have another one: {session.app.name} login")


def _found(session: Session, workspace: WorkspaceClient, token_id: str | None, label: str | None) -> TokenDetails:
    """The one token that is meant. Raises RequestRefused where there is none, UsageError where there are several."""
    matching = [each for each in workspace.list_tokens() if (each.id == token_id if token_id else each.label == label)]
    if len(matching) == 1:
        return matching[0]
    hint = f"{session.app.name} tokens list"
    if not matching:
        raise RequestRefused(f"there is no token {token_id or repr(label)} at {workspace.origin}", hint=hint)
    ids = ", ".join(each.id for each in matching)
    raise UsageError(f"{len(matching)} tokens have the label '{label}': {ids}", hint="name one of them by its ID")
