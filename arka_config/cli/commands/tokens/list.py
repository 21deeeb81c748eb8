"""`tokens list`: list the user's tokens at the workspace."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from arka_config import timestamps
from arka_config.cli.output import tables, terminal
from arka_config.cli.output.format import UNKNOWN, token_details_document
from arka_config.cli.runtime import revoking, workspace_access
from arka_config.cli.runtime.command import Session, command
from arka_config.workspace.client.models import MANAGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arka_config.cli.output.tables import Cell
    from arka_config.workspace.client.models import TokenDetails

_COLUMNS = ("ID", "LABEL", "TOKEN", "CREATED", "EXPIRES", "LAST USED", "PROFILE", "")
_NARROW_COLUMNS = ("", "ID", "TOKEN", "EXPIRES", "LAST USED", "LABEL")
_WIDE = 120  # terminal columns; all columns of the table fit


@command(name="list")
def list_(session: Session) -> None:
    """List your tokens at the workspace, newest first, with the profiles that store them and the effective one marked.

    The effective token must be allowed to manage tokens.
    """
    workspace = workspace_access.effective_workspace(session)
    current = workspace.get_identity().token.id
    details = workspace.list_tokens()
    stored = workspace_access.profiles_by_id(session, workspace, details)
    profiles = [stored[each.id] for each in details]
    revoking.note_not_compared(session, workspace_access.locked_profiles(session))
    if session.json:
        documents = [
            token_details_document(each) | {"current": each.id == current, "profiles": names}
            for each, names in zip(details, profiles, strict=True)
        ]
        return session.show_json({"tokens": documents})
    rows = [_row(session, each, each.id == current, names) for each, names in zip(details, profiles, strict=True)]
    if sys.stdout.isatty() and terminal.columns() < _WIDE:
        narrow_rows = [
            _narrowed(row, each, each.id == current, names)
            for row, each, names in zip(rows, details, profiles, strict=True)
        ]
        tables.show(_NARROW_COLUMNS, narrow_rows, keep=5)
    else:
        tables.show(_COLUMNS, rows, keep=2)
    return None


def _row(session: Session, details: TokenDetails, is_current: bool, profiles: Sequence[str]) -> tuple[Cell, ...]:
    marks = ["effective"] * is_current + ["manages tokens"] * (MANAGE in details.scopes)
    return (
        details.id,
        (details.label, "bold" if is_current else ""),
        f"{session.app.token_prefix}…{details.last_four}",
        _day(details.created),
        _expiry(details),
        _last_use(details.last_used),
        ", ".join(profiles) or ("—", "dim"),
        (", ".join(marks), "green" if is_current else "dim"),
    )


def _narrowed(row: tuple[Cell, ...], details: TokenDetails, is_current: bool, profiles: Sequence[str]) -> list[Cell]:
    """The row for 80 columns: an id is never folded, so that it can be copied; a label may be."""
    identity, _, token, _, expires, last_used, _, _ = row
    label = f"{details.label} ({', '.join(profiles)})" if profiles else details.label
    return [("●", "green") if is_current else "", identity, token, expires, last_used, label]


def _day(text: str) -> Cell:
    return text[:10] or ("—", "dim")


def _expiry(details: TokenDetails) -> Cell:
    if not details.expires:
        return details.stored_expires or UNKNOWN, "dim"
    ends = timestamps.parse(details.expires)
    return (f"expired {timestamps.describe(ends)}", "red") if ends <= timestamps.now() else timestamps.describe(ends)


def _last_use(text: str) -> Cell:
    return timestamps.describe(timestamps.parse(text)) if text else ("never", "dim")
