"""The activity page: the signed-in user's part of the audit log, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from sqlalchemy import select
from starlette.responses import Response

from arka_config.workspace.server import records, tokens
from arka_config.workspace.server.pages.browser import SignedInBrowser
from arka_config.workspace.server.pages.rendering import render
from arka_config.workspace.server.tables import Leak, Token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from arka_config.workspace.server.tables import AuditEntry

router = APIRouter(include_in_schema=False)  # the app sets its path

_PAGE_SIZE = 50


@router.get("")
def show(browser: SignedInBrowser, before: str = "") -> Response:
    """Show a page of entries: the newest, or those before an id."""
    before_id = records.parse_entry_id(before)
    with browser.workspace.database.read() as session:
        rows = records.list_entries(session, browser.user_id, _PAGE_SIZE + 1, before=before_id)
        entries, more = rows[:_PAGE_SIZE], rows[_PAGE_SIZE:]
        labels = _find_labels(session, browser.user_id, entries)
    return render(
        browser,
        "activity.html",
        entries=[(each, _split_subject(each.subject)) for each in entries],
        labels=labels,
        is_newest=before_id is None,
        older=entries[-1].id if more else None,
    )


def _split_subject(subject: str) -> list[str]:
    """The ids in a subject, which has two if a token was rotated; else the subject as it is, such as `user code`."""
    words = subject.split()
    return words if all(map(tokens.ID.fullmatch, words)) else [subject]


def _find_labels(session: Session, user_id: str, entries: Sequence[AuditEntry]) -> dict[str, str]:
    """The labels of the tokens that the entries name, by id: of those that still exist, and of those that leaked."""
    ids = {word for each in entries for word in (*each.subject.split(), each.acting_token or "")}
    labels: dict[str, str] = {}
    for table in (Leak, Token):
        rows = session.execute(select(table.id, table.label).where(table.user_id == user_id, table.id.in_(ids)))
        labels |= {row.id: row.label for row in rows}
    return labels
