"""`workspace create-token`: create a token for a user or service account, without a browser."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from arka_config import timestamps
from arka_config.cli.input.options import check_label, parse_expires
from arka_config.cli.input.token_options import access_options
from arka_config.cli.output import terminal
from arka_config.cli.output.format import bounds_document
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.workspace_server import database_option, open_workspace
from arka_config.workspace.scopes import MANAGE_ALL, OFFERED

if TYPE_CHECKING:
    from arka_config.cli.input.token_options import Access
    from arka_config.cli.output.documents.workspace import IssuedDetailsDocument, IssuedTokenDocument
    from arka_config.cli.runtime.session import Session


@command(name="create-token")
@click.option("--user", metavar="EMAIL", required=True, help="The user, or the name of a service account.")
@click.option("--label", metavar="TEXT", required=True, help="The token's name.")
@click.option("--expires", metavar="DATE|1h|90d|never", help="When the token expires (default: never).")
@access_options([*OFFERED, MANAGE_ALL])
@database_option
def create_token(
    session: Session,
    user: str,
    label: str,
    expires: str | None,
    access: Access,
    database_url: str,
) -> None:
    """Create a token for a user or service account, and print it; it is shown only once.

    \b
    {app} workspace create-token --user build-farm --label deploy --expires 90d
    """
    ends = parse_expires(expires, allow_never=True)
    check_label(session.app, label, "the label", hint="give the token a name")
    with open_workspace(session, database_url) as workspace:
        from arka_config.workspace.server.issuing import check_bounds

        bounds = None
        if access.bounds is not None:
            pattern, seconds, count = access.bounds
            bounds = check_bounds(pattern, timedelta(seconds=seconds), count)
        expiry = timestamps.parse(ends) if ends else None
        secret, token = workspace.issue(user, label.strip(), sorted(set(access.scopes)), expiry, bounds)
    details: IssuedDetailsDocument = {
        "id": token.id,
        "label": token.label,
        "user": user.strip().lower(),
        "scopes": token.scopes.split(),
        "expires": timestamps.to_text(token.expires) if token.expires else None,
        "issue": bounds_document(access.bounds),
    }
    if session.json:
        document: IssuedTokenDocument = {"token": secret.reveal(), "details": details}
        session.show_json(document, reveal=True)
        return
    ends_text = f", until {details['expires']}" if token.expires else ""
    terminal.say(f"Created '{token.label}' for {details['user']}{ends_text}; it is shown only once", mark="✓")
    terminal.out(secret.reveal())
