"""`workspace replay-audit`: after a backup was restored, revoke again what was revoked since."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config import timestamps
from arka_config.cli.input.options import yes_option
from arka_config.cli.output import terminal
from arka_config.cli.output.progress import show_count
from arka_config.cli.runtime import words
from arka_config.cli.runtime.batch import report_on_interrupt
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.workspace_server import database_option, open_workspace, require_server_extra
from arka_config.errors import UsageError

if TYPE_CHECKING:
    from arka_config.cli.output.documents.workspace import ReplayDocument
    from arka_config.cli.runtime.session import Session


@command(name="replay-audit")
@click.argument("paths", metavar="FILE…", type=words.FILE, nargs=-1)
@click.option("--revoke-all", is_flag=True, help="Revoke every token, if there is no export.")
@yes_option
@database_option
def replay_audit(session: Session, paths: tuple[str, ...], revoke_all: bool, yes: bool, database_url: str) -> None:
    """Revoke again what was revoked since a backup, after it was restored and before the servers start.

    The files are exports of `{app} workspace audit --export`, or logs of servers with --log-format json. Removed users
    are removed again, plans are set again, and all browsers are signed out.

    \b
    {app} workspace replay-audit /backup/audit.jsonl
    """
    if bool(paths) is revoke_all:
        raise UsageError("name the exported audit log, or pass --revoke-all", hint="/backup/audit.jsonl")
    with require_server_extra():
        from arka_config.workspace.server import audit_export
    with open_workspace(session, database_url) as workspace, workspace.database.report_errors():
        if revoke_all and not yes:
            session.confirm("Revoke every token of the workspace?", flag="--yes")
        with show_count("Revoking tokens") as update, report_on_interrupt(lambda: ["nothing was changed"]):
            if revoke_all:
                done = audit_export.revoke_all(workspace.database, update)
            else:
                entries = [entry for path in paths for entry in audit_export.read_entries(path)]
                done = audit_export.replay(workspace.database, entries, update)
    last = timestamps.to_text(done.last) if done.last else None
    message = f"Revoked {done.tokens} tokens again, removed {done.users} users, and set {done.plans} plans"
    document: ReplayDocument = {
        "tokens": done.tokens,
        "users": done.users,
        "plans": done.plans,
        "sessions": done.sessions,
        "last": last,
    }
    session.report(document, message)
    if last:
        terminal.say(f"  The last entry is of {last}: what was revoked after that is not known here")
