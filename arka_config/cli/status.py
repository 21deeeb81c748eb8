"""`status`: the profile and the token in force, and why they are."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from arka_config import moment
from arka_config.cli import tables, terminal
from arka_config.cli.command import command
from arka_config.cli.described import (
    credential_document,
    expiry_cell,
    finding_document,
    finding_row,
    is_behind_a_helper,
    is_near,
    stored_elsewhere,
)
from arka_config.errors import EXIT_PENDING, UsageError
from arka_config.precedence.finding import PROFILE

if TYPE_CHECKING:
    from arka_config.cli.session import Session
    from arka_config.cli.tables import Cell
    from arka_config.precedence.credential import TokenInForce
    from arka_config.store.tokens import Credential


@command()
@click.option("--offline", is_flag=True, help="Ask no workspace: say what is known here.")
@click.option("--show-token", is_flag=True, help="Show the token whole.")
@click.option("--expiring", metavar="14d", help="Exit with 3 when the token expires within that time.")
def status(session: Session, offline: bool, show_token: bool, expiring: str | None) -> int | None:
    """Show the profile and the token in force, and why.

    Exits with 4 where there is no token, and with 3 where it expires within `--expiring`.
    """
    within = _within(expiring)
    resolution = session.resolution
    found = resolution.token_in_force()
    stored = resolution.profile.stored if found is not None and found.token.layer == PROFILE else None
    if session.json:
        session.show_json(_document(session, found, stored, show_token), reveal=show_token)
    else:
        tables.show(
            ("STATUS", "VALUE", "LAYER", "PLACE"), _rows(session, found, stored, show_token, offline), reveal=show_token
        )
    session.notice()
    if found is None:
        resolution.token()
    elif not is_behind_a_helper(found.token) and (
        (elsewhere := stored_elsewhere(session, found.token)) is None or is_near(session, elsewhere)
    ):
        found.secret.reveal()
    if stored is not None and stored.expires:
        _warn_of_the_end(session, stored)
    if stored is not None and stored.expires and within is not None:
        return EXIT_PENDING if moment.read(stored.expires) - moment.now() <= within else None
    return None


def _warn_of_the_end(session: Session, stored: Credential) -> None:
    """Says that the token is soon to be replaced, or should have been, in the words of who stored it."""
    left = moment.read(stored.expires) - moment.now()
    if left < timedelta(days=session.store.preferences.expiry_warning):
        what = "expires" if left > timedelta(0) else "expired"
        hint = f"{session.app.name} login --profile {session.resolution.name}"
        terminal.warn(f"this token {what} {moment.in_words(moment.read(stored.expires))}; hint: {hint}")


def _within(expiring: str | None) -> timedelta | None:
    try:
        return None if expiring is None else timedelta(days=moment.days(expiring))
    except ValueError as error:
        raise UsageError(f"--expiring: {error}") from None


def _rows(
    session: Session, found: TokenInForce | None, stored: Credential | None, show_token: bool, offline: bool
) -> list[tuple[Cell, ...]]:
    resolution = session.resolution
    url = found.url if found else resolution.resolve(session.app.url_field)
    rows = [
        finding_row(session, "profile", resolution.profile.choice, style="bold"),
        finding_row(session, "token", found.token if found else None, show_token=show_token),
        finding_row(session, "api_url", url),
    ]
    if stored is not None:
        rows.append(("storage", stored.storage, "", ""))
        rows.append(("label", stored.label or ("—", "dim"), "", ""))
        rows.append(("expires", expiry_cell(session, stored), "", ""))
    if found is not None:
        rows.append(("verified", ("no: --offline" if offline else "no: no workspace was asked", "dim"), "", ""))
    return rows


def _document(
    session: Session, found: TokenInForce | None, stored: Credential | None, show_token: bool
) -> dict[str, object]:
    choice = session.resolution.profile.choice
    url = found.url if found else session.resolution.resolve(session.app.url_field)
    token = finding_document(session, found.token if found else None, show_token=show_token)
    if token is not None and stored is not None:
        token |= credential_document(stored)
    return {
        "profile": finding_document(session, choice),
        "token": token,
        "api_url": finding_document(session, url),
        "verified": None if found is None else False,
    }
