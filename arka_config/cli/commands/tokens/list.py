"""`tokens list`: every token of the workspace's user."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from arka_config import timestamps
from arka_config.cli.output import tables
from arka_config.cli.runtime import workspace_access
from arka_config.cli.runtime.command import command
from arka_config.workspace.client.models import MANAGE

if TYPE_CHECKING:
    from arka_config.cli.output.tables import Cell
    from arka_config.cli.runtime.session import Session
    from arka_config.workspace.client.models import TokenDetails


_COLUMNS = ("ID", "LABEL", "TOKEN", "CREATED", "EXPIRES", "LAST USED", "")
_NARROW = ("", "ID", "TOKEN", "EXPIRES", "LAST USED", "LABEL")
_ROOMY = 120  # columns of a terminal, for all that is known


@command(name="list")
def list_(session: Session) -> None:
    """List the tokens of the workspace, the newest first, with the one in force marked.

    The token in force must be allowed to manage tokens.
    """
    workspace = workspace_access.in_force(session)
    current = workspace.get_identity().token.id
    found = workspace.list_tokens()
    if session.json:
        return session.show_json({"tokens": [document(each) | {"current": each.id == current} for each in found]})
    rows = [_row(session, each, each.id == current) for each in found]
    if sys.stdout.isatty() and shutil.get_terminal_size().columns < _ROOMY:
        columns, rows = _NARROW, [_narrowed(row, each.id == current) for row, each in zip(rows, found, strict=True)]
        tables.show(columns, rows, keep=5)
    else:
        tables.show(_COLUMNS, rows, keep=2)
    return None


def document(details: TokenDetails) -> dict[str, object]:
    """What is known of a token at the workspace, as JSON shows it."""
    return {
        "id": details.id,
        "label": details.label,
        "last_four": details.last_four or None,
        "scopes": list(details.scopes),
        "created": details.created or None,
        "expires": details.expires or None,
        "last_used": details.last_used or None,
    }


def _row(session: Session, details: TokenDetails, is_current: bool) -> tuple[Cell, ...]:
    marks = ["this one"] * is_current + ["manages tokens"] * (MANAGE in details.scopes)
    return (
        details.id,
        (details.label, "bold" if is_current else ""),
        f"{session.app.token_prefix}…{details.last_four}",
        _day(details.created),
        _end(details.expires),
        _when(details.last_used),
        (", ".join(marks), "green" if is_current else "dim"),
    )


def _narrowed(row: tuple[Cell, ...], is_current: bool) -> tuple[Cell, ...]:
    """What there is room for in 80 columns: an id is whole, so that it can be copied, and a label is folded."""
    identity, label, token, _, expires, last_used, _ = row
    return ("●", "green") if is_current else "", identity, token, expires, last_used, label


def _day(text: str) -> Cell:
    return text[:10] or ("—", "dim")


def _end(text: str) -> Cell:
    if not text:
        return "never", "dim"
    ends = timestamps.read(text)
    return (f"expired {timestamps.in_words(ends)}", "red") if ends <= timestamps.now() else timestamps.in_words(ends)


def _when(text: str) -> Cell:
    return timestamps.in_words(timestamps.read(text)) if text else ("never", "dim")
