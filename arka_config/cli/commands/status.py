"""`status`: the profile and the token in force, and why they are."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from arka_config import timestamps
from arka_config.cli.output import tables, terminal
from arka_config.cli.output.format import (
    credential_document,
    expiry_cell,
    is_locked,
    is_quick,
    needs_helper,
    protected_credential,
    value_document,
    value_row,
)
from arka_config.cli.runtime import workspace_access
from arka_config.cli.runtime.command import command
from arka_config.errors import EXIT_PENDING, SealingError, TokenUnavailable, UsageError
from arka_config.precedence.values import PROFILE
from arka_config.store.tokens import Credential

if TYPE_CHECKING:
    from arka_config.cli.output.tables import Cell
    from arka_config.cli.runtime.session import Session
    from arka_config.precedence.credential import TokenInForce
    from arka_config.workspace.client.verification import Verification


@command()
@click.option("--offline", is_flag=True, help="Ask no workspace: say what is known here.")
@click.option("--show-token", is_flag=True, help="Show the token whole.")
@click.option("--expiring", metavar="14d", help="Exit with 3 when the token expires within that time.")
def status(session: Session, offline: bool, show_token: bool, expiring: str | None) -> int | None:
    """Show the profile and the token in force, and why, and what the workspace says of it.

    Exits with 4 where there is no token or the workspace refuses it, and with 3 where it expires within `--expiring`.
    Nothing is written: what the workspace knows better is shown, and `login` stores it.
    """
    within = _within(expiring)
    resolution = session.resolution
    found = resolution.token_in_force()
    stored = resolution.profile.stored if found is not None and found.token.layer == PROFILE else None
    verification = _verify(session, found, offline)
    known = _known(found, stored, verification)
    if session.json:
        session.show_json(_document(session, found, stored, known, verification, show_token), reveal=show_token)
    else:
        rows = _rows(session, found, stored, known, verification, show_token)
        tables.show(("STATUS", "VALUE", "LAYER", "PLACE"), rows, reveal=show_token)
    session.note_token_choice()
    if found is None:
        resolution.token()
    elif not needs_helper(found.token) and (
        (elsewhere := protected_credential(session, found.token)) is None or is_quick(session, elsewhere)
    ):
        found.secret.reveal()
    if verification.is_refusal and verification.error is not None:
        raise verification.error
    if known is not None and known.expires:
        _warn_of_the_end(session, known, stored, verification)
    if known is not None and known.expires and within is not None:
        return EXIT_PENDING if timestamps.read(known.expires) - timestamps.now() <= within else None
    return None


def _verify(session: Session, found: TokenInForce | None, offline: bool) -> Verification:
    """What the workspace says of the token in force, or why it was not asked. No helper is run for it."""
    from arka_config.workspace.client.verification import Skipped, State, Verification

    if found is None:
        return Verification(State.NO_TOKEN, skipped=Skipped.NO_TOKEN)
    if offline:
        return Verification(State.NOT_ASKED, skipped=Skipped.OFFLINE)
    if needs_helper(found.token):
        return Verification(State.NOT_ASKED, skipped=Skipped.HELPER_NOT_RUN)
    elsewhere = protected_credential(session, found.token)
    if elsewhere is not None and is_locked(session, elsewhere):
        return Verification(State.NOT_ASKED, skipped=Skipped.VAULT_LOCKED)
    try:
        found.secret.reveal()
    except TokenUnavailable:  # said in full below the table
        return Verification(State.NO_TOKEN, skipped=Skipped.TOKEN_UNAVAILABLE)
    except SealingError as error:
        return Verification.from_error(error)
    return workspace_access.verify_token(session, session.resolution, str(found.url.value), found.secret)


def _known(found: TokenInForce | None, stored: Credential | None, verification: Verification) -> Credential | None:
    """What is known of the token: by the workspace, else by who stored it; None where nobody knows anything."""
    if found is None or verification.identity is None:
        return stored
    details = verification.identity.token
    return Credential(
        found.secret,
        found.origin,
        label=details.label or (stored.label if stored else ""),
        created=stored.created if stored else "",
        expires=details.expires if details.includes_expires or stored is None else stored.expires,
        user=verification.identity.email,
    )


def _warn_of_the_end(
    session: Session, known: Credential, stored: Credential | None, verification: Verification
) -> None:
    """Says that the token is soon to be replaced, or should have been."""
    left = timestamps.read(known.expires) - timestamps.now()
    if left < timedelta(days=session.store.preferences.expiry_warning):
        what = "expires" if left > timedelta(0) else "expired"
        app = session.app
        if stored is None:  # it is kept elsewhere, and is replaced there
            hint = f"make another one on {app.page(app.tokens_page, str(known.origin))}"
        else:
            can_rotate = verification.identity is not None and left > timedelta(0)
            hint = f"{app.name} {'rotate' if can_rotate else 'login'} --profile {session.resolution.name}"
        terminal.warn(f"this token {what} {timestamps.in_words(timestamps.read(known.expires))}; hint: {hint}")


def _within(expiring: str | None) -> timedelta | None:
    try:
        return None if expiring is None else timedelta(days=timestamps.days(expiring))
    except ValueError as error:
        raise UsageError(f"--expiring: {error}") from None


def _rows(
    session: Session,
    found: TokenInForce | None,
    stored: Credential | None,
    known: Credential | None,
    verification: Verification,
    show_token: bool,
) -> list[tuple[Cell, ...]]:
    resolution = session.resolution
    url = found.url if found else resolution.resolve(session.app.url_field)
    rows = [
        value_row(session, "profile", resolution.profile.choice, style="bold"),
        value_row(session, "token", found.token if found else None, show_token=show_token),
        value_row(session, "api_url", url),
    ]
    if stored is not None:
        rows.append(("storage", stored.storage, "", ""))
    if known is not None:
        rows.append(("label", known.label or ("—", "dim"), "", ""))
        rows.append(("expires", expiry_cell(session, known), "", ""))
    if verification.identity is not None and verification.identity.plan:
        rows.append(("plan", verification.identity.plan, "", ""))
    if found is not None:
        rows.append(("verified", *_verified_cells(verification)))
    return rows


def _verified_cells(verification: Verification) -> tuple[Cell, Cell, Cell]:
    """The result in a word. If the workspace gave no answer, the reason is in the last column, which may be long."""
    from arka_config.workspace.client.verification import Skipped, State

    if verification.identity is not None:
        return (f"yes (as {verification.identity.email})", "green"), "", ""
    if verification.is_refusal:
        return (f"no: {verification.reason}", "red"), "", ""
    if verification.skipped is Skipped.OFFLINE:
        return (f"no: {verification.reason}", "dim"), "", ""
    words = {State.NO_API: "no API", State.NO_TOKEN: "no token", State.NOT_ASKED: "not fetched"}
    return (f"unknown: {words.get(verification.state, verification.state)}", "yellow"), "", (verification.reason, "dim")


def _document(
    session: Session,
    found: TokenInForce | None,
    stored: Credential | None,
    known: Credential | None,
    verification: Verification,
    show_token: bool,
) -> dict[str, object]:
    choice = session.resolution.profile.choice
    url = found.url if found else session.resolution.resolve(session.app.url_field)
    token = value_document(session, found.token if found else None, show_token=show_token)
    if token is not None and stored is not None:
        token |= credential_document(stored)
    if token is not None and known is not None:
        token |= {"label": known.label or None, "expires": known.expires or None, "user": known.user or None}
    identity = verification.identity
    return {
        "profile": value_document(session, choice),
        "token": token,
        "api_url": value_document(session, url),
        "verified": None if found is None else identity is not None,
        "state": verification.state,
        "reason": verification.reason or None,
        "plan": (identity.plan or None) if identity is not None else None,
    }
