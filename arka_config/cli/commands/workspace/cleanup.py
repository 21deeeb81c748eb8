"""`workspace cleanup`: delete expired tokens and old audit entries now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.output.progress import show_count
from arka_config.cli.runtime.batch import report_on_interrupt
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.workspace_server import (
    database_option,
    open_workspace,
    parse_retention,
    require_server_extra,
    retention_options,
)
from arka_config.errors import UsageError
from arka_config.text import count_text

if TYPE_CHECKING:
    from arka_config.cli.output.documents.workspace import CleanupDocument
    from arka_config.cli.runtime.session import Session


@command()
@retention_options
@database_option
def cleanup(session: Session, keep_expired: str, keep_audit: str, database_url: str) -> None:
    """Delete expired tokens and old audit entries now, as `serve` with these options does every hour.

    \b
    {app} workspace cleanup --keep-expired 90d --keep-audit 400d
    """
    if not keep_expired and not keep_audit:
        raise UsageError("nothing to delete was named", hint="--keep-expired 90d, --keep-audit 400d, or both")
    with require_server_extra():
        from arka_config.workspace.server.cleanup import clean_up

        retention = parse_retention(keep_expired, keep_audit)
    deleted = 0
    with (
        open_workspace(session, database_url) as workspace,
        workspace.database.report_errors(),
        show_count("Deleting") as update,
        report_on_interrupt(lambda: [f"deleted {deleted} rows; the next run deletes the others"]),
    ):

        def watch(done: int, total: int) -> None:
            nonlocal deleted
            deleted = done
            update(done, total)

        removed = clean_up(workspace.database, retention, watch)
    message = f"Deleted {count_text(removed.tokens, 'expired token')} and {count_text(removed.entries, 'audit entry')}"
    document: CleanupDocument = {"tokens": removed.tokens, "entries": removed.entries}
    session.report(document, message)
