"""`status`: the effective profile and token, where they come from, and what the workspace says of the token."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from arka_config import timestamps
from arka_config.cli.input.options import show_token_option
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
from arka_config.cli.runtime.command import Session, command
from arka_config.errors import EXIT_PENDING, InvalidToken, SealingError, TokenUnavailable, UsageError
from arka_config.precedence.values import PROFILE
from arka_config.store.tokens import Credential

if TYPE_CHECKING:
    from arka_config.cli.output.tables import Cell
    from arka_config.precedence.credential import EffectiveToken
    from arka_config.workspace.client.verification import Verification


@command()
@click.option("--offline", is_flag=True, help="Do not contact the workspace.")
@show_token_option
@click.option("--expiring", metavar="14d", help="Exit with 3 if the token expires within this time.")
def status(session: Session, offline: bool, show_token: bool, expiring: str | None) -> int | None:
    """Show the effective profile and token, where they come from, and whether the token works.

    Exits with 4 if there is no token or the workspace rejects it, and with 3 if it expires within `--expiring`. Nothing
    is stored: to update what is stored of the token, use `login`.
    """
    try:
        within = None if expiring is None else timedelta(days=timestamps.parse_days(expiring))
    except ValueError as error:
        raise UsageError(f"--expiring: {error}") from None
    resolution = session.resolution
    effective = resolution.effective_token()
    stored = resolution.profile.stored if effective is not None and effective.token.layer == PROFILE else None
    verification = _verify(session, effective, offline)
    known = _details(effective, stored, verification)
    if session.json:
        session.show_json(_document(session, effective, stored, known, verification, show_token), reveal=show_token)
    else:
        rows = _rows(session, effective, stored, known, verification, show_token)
        if effective is not None:
            rows.append(("verified", *_verified_cells(verification)))
        tables.show(("STATUS", "VALUE", "LAYER", "PLACE"), rows, reveal=show_token)
    session.note_token_choice()
    if effective is None:
        resolution.token()  # raises NoToken
    elif not needs_helper(effective.token) and (
        (elsewhere := protected_credential(session, effective.token)) is None or is_quick(session, elsewhere)
    ):
        effective.secret.reveal()  # raises TokenUnavailable
    if verification.is_refusal and verification.error is not None:
        raise verification.error
    expiry = None if known is None else known.expiry
    if known is None or expiry is None:
        return None
    left = expiry - timestamps.now()
    if left < timedelta(days=session.store.preferences.expiry_warning):
        _warn_of_expiry(session, known, stored, verification, expiry)
    return EXIT_PENDING if within is not None and left <= within else None


def _verify(session: Session, effective: EffectiveToken | None, offline: bool) -> Verification:
    """Ask the workspace about the effective token, unless that would run a helper or prompt for a passphrase."""
    from arka_config.workspace.client.verification import Skipped, State, Verification

    if effective is None:
        return Verification(State.NO_TOKEN, skipped=Skipped.NO_TOKEN)
    if offline:
        return Verification(State.NOT_ASKED, skipped=Skipped.OFFLINE)
    if needs_helper(effective.token):
        return Verification(State.NOT_ASKED, skipped=Skipped.HELPER_NOT_RUN)
    elsewhere = protected_credential(session, effective.token)
    if elsewhere is not None and is_locked(session, elsewhere):
        return Verification(State.NOT_ASKED, skipped=Skipped.VAULT_LOCKED)
    try:
        effective.secret.reveal()
    except TokenUnavailable:  # reported in full below the table
        return Verification(State.NO_TOKEN, skipped=Skipped.TOKEN_UNAVAILABLE)
    except (SealingError, InvalidToken) as error:  # InvalidToken: not even in the token format, so it is not sent
        return Verification.from_error(error)
    return workspace_access.verify_token(session, session.resolution, str(effective.url.value), effective.secret)


def _details(
    effective: EffectiveToken | None, stored: Credential | None, verification: Verification
) -> Credential | None:
    """What is known of the token: from the workspace, else from the store; None if neither knows it."""
    if effective is None or verification.identity is None:
        return stored
    details = verification.identity.token
    return Credential(
        effective.secret,
        effective.origin,
        label=details.label or (stored.label if stored else ""),
        created=stored.created if stored else "",
        expires=details.expires if details.includes_expires or stored is None else stored.expires,
        user=verification.identity.email,
    )


def _warn_of_expiry(
    session: Session, known: Credential, stored: Credential | None, verification: Verification, expiry: datetime
) -> None:
    app = session.app
    is_alive = expiry > timestamps.now()
    if stored is None:  # it is not in the token store, so no command here replaces it
        hint = f"create a new one on {app.page(app.tokens_page, str(known.origin))}"
    else:
        can_rotate = verification.identity is not None and is_alive
        hint = f"{app.name} {'rotate' if can_rotate else 'login'} --profile {session.resolution.name}"
    when = timestamps.describe(expiry)
    terminal.warn(f"this token {'expires' if is_alive else 'expired'} {when}", hint=hint)


def _rows(
    session: Session,
    effective: EffectiveToken | None,
    stored: Credential | None,
    known: Credential | None,
    verification: Verification,
    show_token: bool,
) -> list[tuple[Cell, ...]]:
    resolution = session.resolution
    url = effective.url if effective else resolution.resolve(session.app.url_field)
    rows = [
        value_row(session, "profile", resolution.profile.choice, style="bold"),
        value_row(session, "token", effective.token if effective else None, show_token=show_token),
        value_row(session, "api_url", url),
    ]
    if stored is not None:
        rows.append(("storage", stored.storage, "", ""))
    if known is not None:
        rows.append(("label", known.label or ("—", "dim"), "", ""))
        rows.append(("expires", expiry_cell(session, known), "", ""))
    if verification.identity is not None and verification.identity.plan:
        rows.append(("plan", verification.identity.plan, "", ""))
    return rows


def _verified_cells(verification: Verification) -> tuple[Cell, Cell, Cell]:
    """The result in a word; if the token could not be verified, the reason, which may be long, in the last column."""
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
    effective: EffectiveToken | None,
    stored: Credential | None,
    known: Credential | None,
    verification: Verification,
    show_token: bool,
) -> dict[str, object]:
    url = effective.url if effective else session.resolution.resolve(session.app.url_field)
    token = value_document(session, effective.token if effective else None, show_token=show_token)
    if token is not None and stored is not None:
        token |= credential_document(stored)
    if token is not None and known is not None:
        token |= {"label": known.label or None, "expires": known.expires or None, "user": known.user or None}
    identity = verification.identity
    return {
        "profile": value_document(session, session.resolution.profile.choice),
        "token": token,
        "api_url": value_document(session, url),
        "verified": None if effective is None else identity is not None,
        "state": verification.state,
        "reason": verification.reason or None,
        "plan": (identity.plan or None) if identity is not None else None,
    }
