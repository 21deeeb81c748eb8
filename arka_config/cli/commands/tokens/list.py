"""`tokens list`: list the user's tokens at the workspace."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from arka_config import timestamps
from arka_config.cli.input.options import parse_expires, parse_past
from arka_config.cli.output import progress, tables, terminal
from arka_config.cli.output.format import UNKNOWN, token_details_document
from arka_config.cli.runtime import revoking, words, workspace_access
from arka_config.cli.runtime.command import command
from arka_config.errors import UsageError
from arka_config.text import check_printable
from arka_config.workspace.client.selection import EXPIRED, VALID, Selection
from arka_config.workspace.scopes import ISSUE, MANAGE, READ

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from arka_config.cli.output.documents.tokens import TokensDocument
    from arka_config.cli.output.tables import Cell
    from arka_config.cli.runtime.session import Session
    from arka_config.workspace.client.models import Bounds, TokenDetails

_COLUMNS = ("ID", "LABEL", "TOKEN", "CREATED", "EXPIRES", "LAST USED", "PROFILE", "")
_NARROW_COLUMNS = ("", "ID", "TOKEN", "EXPIRES", "LAST USED", "LABEL")
_WIDE = 120  # terminal columns; all columns of the table fit


@command(name="list")
@click.option(
    "--label",
    metavar="GLOB",
    type=words.TOKEN_LABEL,
    default="",
    help="Only tokens with a matching label, such as 'MacBook*'.",
)
@click.option("--state", type=click.Choice([VALID, EXPIRED]), help="Only tokens that work, or that have expired.")
@click.option("--expiring", metavar="DATE|14d", help="Only tokens that work now and expire by then.")
@click.option("--unused-since", metavar="DATE|90d", help="Only tokens that were not used since then.")
@click.option(
    "--user", metavar="EMAIL", type=words.USER, default="", help="The tokens of another user: needs tokens:manage-all."
)
def list_(
    session: Session, label: str, state: str | None, expiring: str | None, unused_since: str | None, user: str
) -> None:
    """List your tokens at the workspace, newest first, with the profiles that store them and the effective one marked.

    The effective token must be allowed to manage or read tokens. One that issues tokens lists those that it created.

    \b
    {app} tokens list --label 'ci-*' --unused-since 90d
    """
    selection = _parse_selection(label, state or "", expiring, unused_since)
    selection = selection._replace(user=check_printable(user, "--user").strip().lower())
    workspace = workspace_access.effective_workspace(session)
    current = workspace.get_identity().token.id
    stored: dict[str, list[str]] = {}

    def find_profiles(pages: Iterable[list[TokenDetails]]) -> Iterator[list[TokenDetails]]:
        for page in pages:
            stored.update(workspace_access.profiles_by_id(session, workspace, page))
            yield page
        revoking.note_not_compared(session, workspace_access.find_locked_profiles(session))

    pages = workspace.iterate_tokens(selection)
    shows_pages = sys.stdout.isatty() and not session.json
    pages = find_profiles(pages if shows_pages else _in_one(_count(pages)))
    if session.json:
        document: TokensDocument = {
            "tokens": [
                {**token_details_document(each), "current": each.id == current, "profiles": stored[each.id]}
                for page in pages
                for each in page
            ]
        }
        return session.show_json(document)
    is_narrow = sys.stdout.isatty() and terminal.columns() < _WIDE
    columns, keep = (_NARROW_COLUMNS, 5) if is_narrow else (_COLUMNS, 2)

    def lay_out(details: TokenDetails) -> Sequence[Cell]:
        is_current, profiles = details.id == current, stored[details.id]
        row = _row(session, details, is_current, profiles)
        return _narrow_row(row, details, is_current, profiles) if is_narrow else row

    tables.show_pages(columns, ([lay_out(each) for each in page] for page in pages), keep=keep)
    return None


def _parse_selection(label: str, state: str, expiring: str | None, unused_since: str | None) -> Selection:
    """The conditions that the options name. Raises UsageError."""
    if expiring is not None and state == EXPIRED:
        raise UsageError("--expiring selects tokens that work, and --state expired those that do not")
    ends, unused = parse_expires(expiring, name="--expiring"), parse_past(unused_since, name="--unused-since")
    return Selection(check_printable(label, "--label"), VALID if ends else state, ends or "", unused or "")


def _count(pages: Iterable[list[TokenDetails]]) -> Iterator[TokenDetails]:
    """Yield the tokens of all pages, with a count of them on stderr from the second page on."""
    with progress.show_count("Listing tokens") as update:
        done = 0
        for number, page in enumerate(pages):
            done += len(page)
            if number:
                update(done, None)
            yield from page


def _in_one(tokens: Iterable[TokenDetails]) -> Iterator[list[TokenDetails]]:
    """All tokens as one page, with aligned columns."""
    yield list(tokens)


def _row(session: Session, details: TokenDetails, is_current: bool, profiles: Sequence[str]) -> tuple[Cell, ...]:
    marks = ["effective"] * is_current + [_describe_scope(each, details.issue) for each in details.scopes]
    return (
        details.id,
        (details.label, "bold" if is_current else ""),
        f"{session.app.shown_prefix}…{details.last_four}",
        _day(details.created),
        _expiry(details),
        _last_use(details.last_used),
        ", ".join(profiles) or ("—", "dim"),
        (", ".join(marks), "green" if is_current else "dim"),
    )


def _describe_scope(scope: str, bounds: Bounds | None) -> str:
    if scope == ISSUE and bounds is not None:
        return f"issues {bounds.max_tokens} tokens {bounds.label}"
    return {MANAGE: "manages tokens", ISSUE: "issues tokens", READ: "read only"}.get(scope, scope)


def _narrow_row(row: tuple[Cell, ...], details: TokenDetails, is_current: bool, profiles: Sequence[str]) -> list[Cell]:
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
