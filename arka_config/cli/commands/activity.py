"""`activity`: show what was done in the user's account at the workspace."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import click

from arka_config.cli.input.options import parse_past
from arka_config.cli.output import tables, terminal
from arka_config.cli.runtime import workspace_access
from arka_config.cli.runtime.command import command

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arka_config.cli.output.documents.tokens import ActivityDocument, ActivityEntryDocument
    from arka_config.cli.output.tables import Cell
    from arka_config.cli.runtime.session import Session
    from arka_config.workspace.client.models import Activity

_MAX_PAGES = 10  # of tokens to look up labels in; the other tokens are shown by their id
_COLUMNS = ("TIME (UTC)", "ACTION", "ON", "ADDRESS", "WITH")


@command()
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=30, show_default=True, help="Show this many entries at most."
)
@click.option("--since", metavar="DATE|7d", help="Show no older entries.")
def activity(session: Session, limit: int, since: str | None) -> None:
    """Show what was done in your account at the workspace, newest first: each action, its address and its token.

    The effective token must be allowed to manage tokens. After a leak, this shows what the token was used for:

    \b
    {app} activity --since 7d
    """
    after = parse_past(since, name="--since") or ""
    workspace = workspace_access.effective_workspace(session)
    entries = workspace.list_activity(limit, after)
    if session.json:
        document: ActivityDocument = {"activity": [_document(each) for each in entries]}
        return session.show_json(document)
    if not entries:
        terminal.say("No activity")
        return None
    pages = islice(workspace.iterate_tokens(), _MAX_PAGES)
    labels = {each.id: each.label for page in pages for each in page}
    tables.show(_COLUMNS, [_row(each, labels) for each in entries], keep=2)
    if len(entries) == limit:
        terminal.note(f"there may be older entries: {session.app.name} activity --limit {10 * limit}")
    return None


def _document(entry: Activity) -> ActivityEntryDocument:
    return {
        "at": entry.at,
        "action": entry.action,
        "subject": entry.subject or None,
        "address": entry.address or None,
        "acting_token": entry.acting_token or None,
    }


def _row(entry: Activity, labels: Mapping[str, str]) -> list[Cell]:
    words = entry.subject.split()
    are_ids = all("_" in word for word in words)  # else a text such as `user code`
    subjects = " → ".join(labels.get(word, word) for word in words) if are_ids else entry.subject
    acting_token = labels.get(entry.acting_token, entry.acting_token)
    time = entry.at.replace("T", " ").removesuffix("Z")
    return [time, entry.action, subjects or ("—", "dim"), entry.address, acting_token or ("no token", "dim")]
