"""`workspace audit`: show, filter and export the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.output import tables, terminal
from arka_config.cli.output.progress import show_count
from arka_config.cli.runtime import words
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.workspace_server import database_option, open_workspace, require_server_extra
from arka_config.errors import UsageError
from arka_config.text import did_you_mean, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from arka_config.cli.output.documents.workspace import AuditDocument, AuditExportDocument
    from arka_config.cli.runtime.session import Session
    from arka_config.workspace.server.audit_log import Found

_COLUMNS = ("TIME", "EVENT", "USER", "SUBJECT", "TOKEN", "ADDRESS")
_ROWS = 50


@command()
@click.option("--user", metavar="EMAIL|ID", default="", help="Only actions of this user.")
@click.option("--event", "events", metavar="NAME", multiple=True, help="Only this event; repeatable.")
@click.option("--token", metavar="ID", default="", help="Only actions with this token, or on it.")
@click.option("--since", metavar="TIME|7d", default="", help="Only entries since this time.")
@click.option("--until", metavar="TIME|7d", default="", help="Only entries before this time.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=None, help=f"The newest entries only. Default: {_ROWS}; --json: all."
)
@click.option(
    "--export",
    "path",
    metavar="FILE",
    type=words.FILE,
    default="",
    help="Append the entries that the file does not have yet.",
)
@database_option
def audit(
    session: Session,
    user: str,
    events: tuple[str, ...],
    token: str,
    since: str,
    until: str,
    limit: int | None,
    path: str,
    database_url: str,
) -> None:
    """Show the audit log of the workspace, oldest first.

    \b
    {app} workspace audit --since 7d --event "token revoked"
    {app} workspace audit --export /backup/audit.jsonl       for example from cron
    """
    if path and (user or events or token or since or until or limit):
        raise UsageError("an export has all entries", hint="--export FILE without other options")
    with require_server_extra():
        from arka_config.workspace.server import audit_export, audit_log

        wanted = audit_log.Filter(
            _check_text("--user", user),
            _check_events(events),
            _check_text("--token", token),
            _parse_time("--since", since),
            _parse_time("--until", until),
        )
    with open_workspace(session, database_url) as workspace, workspace.database.report_errors():
        if path:
            with show_count("Exporting") as update:
                count = audit_export.export(workspace.database, path, update)
            message = f"Added {count} {'entry' if count == 1 else 'entries'} to {session.with_tilde(path)}"
            exported: AuditExportDocument = {"added": count, "path": path}
            return session.report(exported, message)
        with workspace.database.read(audit_log.TIME_LIMIT) as database:
            found = audit_log.search(database, wanted, limit or (None if session.json else _ROWS))
    if session.json:
        document: AuditDocument = {
            "entries": [{**audit_log.to_document(each.entry), "email": each.email} for each in found]
        }
        session.show_json(document)
    elif found:
        tables.show(_COLUMNS, [_row(each) for each in found], keep=2)
    else:
        terminal.say("The audit log has no such entries")
    return None


def _row(found: Found) -> tuple[str, ...]:
    entry = found.entry
    user = found.email or entry.user_id or "—"
    return (
        f"{entry.at:%Y-%m-%d %H:%M:%S}",
        entry.action,
        user,
        entry.subject,
        entry.acting_token or "—",
        entry.address,
    )


def _check_text(option: str, text: str) -> str:
    """Return the text. Raises UsageError for bytes of the command line that are not UTF-8: no database takes them."""
    if not text.isprintable():
        raise UsageError(f"{option}: '{shorten(text, 40)}' has a character that cannot be printed")
    return text


def _check_events(events: Sequence[str]) -> Sequence[str]:
    from arka_config.workspace.server.records import ACTIONS

    for event in events:
        if event not in ACTIONS:
            raise UsageError(
                f"--event: there is no event '{shorten(event, 40)}'",
                hint=did_you_mean(event, sorted(ACTIONS)) or f"use one of: {', '.join(sorted(ACTIONS))}",
            )
    return events


def _parse_time(option: str, text: str) -> datetime | None:
    """Return a time, or the time that long ago. Raises UsageError."""
    from arka_config import timestamps

    if not text:
        return None
    try:
        return timestamps.now() - timestamps.parse_duration(text)
    except (ValueError, OverflowError):
        pass
    try:
        return timestamps.parse(text)
    except ValueError:
        pass
    raise UsageError(
        f"{option}: '{shorten(text, 40)}' is neither a time nor a duration", hint=f"{option} 2027-02-28, 8h or 7d"
    )
