"""`tokens revoke`: revoke a token at the workspace, by its id or label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.input.options import yes_option
from arka_config.cli.output import terminal
from arka_config.cli.runtime import workspace_access
from arka_config.cli.runtime.command import Session, command
from arka_config.errors import RequestRefused, UsageError
from arka_config.workspace.client.client import CURRENT

if TYPE_CHECKING:
    from arka_config.workspace.client.client import WorkspaceClient
    from arka_config.workspace.client.models import TokenDetails


@command()
@click.argument("token_id", metavar="[ID]", required=False)
@click.option("--label", metavar="TEXT", help="Revoke the only token with this label.")
@yes_option
def revoke(session: Session, token_id: str | None, label: str | None, yes: bool) -> None:
    """Revoke a token at the workspace, by its id (see `{app} tokens list`) or its label.

    The token then works nowhere. A profile that has it stored keeps it; `{app} revoke` forgets it too.
    """
    if (token_id is None) == (label is None):
        raise UsageError("name one token: by its ID, or by --label TEXT", hint=f"{session.app.name} tokens list")
    workspace = workspace_access.effective_workspace(session)
    own = workspace.get_identity().token
    details = own if token_id in (own.id, CURRENT) else _find_token(session, workspace, token_id, label)
    name = f"'{details.label}', {session.app.token_prefix}…{details.last_four}"
    if details.id == own.id:
        terminal.warn(f"{name} is the effective token: once it is revoked, commands that need it fail")
    if not yes:
        session.confirm(f"Revoke {name}? It cannot be undone.", flag="--yes")
    workspace.revoke(details.id)
    session.report({"id": details.id, "label": details.label, "current": details.id == own.id}, f"Revoked {name}")
    if details.id == own.id:
        terminal.say(f"  To store another token: {session.app.name} login")


def _find_token(session: Session, workspace: WorkspaceClient, token_id: str | None, label: str | None) -> TokenDetails:
    """Fetch the only token with this id or label. Raises RequestRefused if there is none, UsageError for several."""
    matches = [each for each in workspace.list_tokens() if (each.id == token_id if token_id else each.label == label)]
    if len(matches) == 1:
        return matches[0]
    hint = f"{session.app.name} tokens list"
    if not matches:
        raise RequestRefused(f"there is no token {token_id or repr(label)} at {workspace.origin}", hint=hint)
    ids = ", ".join(each.id for each in matches)
    raise UsageError(f"{len(matches)} tokens have the label '{label}': {ids}", hint="name one of them by its ID")
