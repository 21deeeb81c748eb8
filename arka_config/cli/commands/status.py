"""`status`: the effective profile and token, where they come from, and what the workspace says of the token."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import click

from arka_config import timestamps
from arka_config.app_identity import VERIFY
from arka_config.cli.input.options import show_token_option
from arka_config.cli.output import tables, terminal
from arka_config.cli.output.format import (
    NOT_CHECKED,
    UNKNOWN,
    credential_document,
    error_document,
    expiry_cell,
    expiry_document,
    expiry_warning,
    find_protected_credential,
    is_quick,
    needs_helper,
    value_document,
    value_row,
)
from arka_config.cli.runtime import workspace_access
from arka_config.cli.runtime.command import command, feature_option
from arka_config.errors import (
    EXIT_PENDING,
    ConfigError,
    InvalidToken,
    NoToken,
    SealingError,
    TokenUnavailable,
    UsageError,
)
from arka_config.precedence.values import DEFAULT, PROFILE, ResolvedValue
from arka_config.store.diagnosis import Diagnosis
from arka_config.store.tokens import NEVER, SEALED, Credential
from arka_config.workspace.client.verification import Skipped, State, Verification

if TYPE_CHECKING:
    from arka_config.cli.output.documents.credentials import StatusDocument, StatusTokenDocument
    from arka_config.cli.output.tables import Cell
    from arka_config.cli.runtime.session import Session
    from arka_config.precedence.credential import EffectiveToken


class Findings(NamedTuple):
    """What is known of the effective profile and token. `urls` is the URL that the token goes to, or those that
    contradict each other; `known` is what the workspace says of the token, else what is stored with it."""

    profile: ResolvedValue | None
    token: ResolvedValue | None
    urls: list[ResolvedValue]
    stored: Credential | None
    known: Credential | None
    verification: Verification
    error: ConfigError | None


@command()
@click.option("--offline", is_flag=True, help="Do not contact the workspace.")
@feature_option(
    "--verify",
    is_flag=True,
    help="Fail unless the workspace confirms the token; run its helper, unlock the vault.",
    needs=VERIFY,
)
@show_token_option
@click.option("--expiring", metavar="14d", help="Exit with 3 unless the token is known to last longer.")
def status(session: Session, offline: bool, verify: bool, show_token: bool, expiring: str | None) -> int | None:
    """Show the effective profile and token, where they come from[[verify:, and whether the token works]].

    Exits with 4 if there is no token[[verify: or the workspace rejects it]], and with 3 if it expires within
    `--expiring` or its expiry is not known. If something is wrong, shows what is known, and then the error. Nothing is
    stored: to update what is stored of the token, use `login`.
    """
    try:
        within = None if expiring is None else timedelta(days=timestamps.parse_days(expiring))
    except ValueError as error:
        raise UsageError(f"--expiring: {error}") from None
    if offline and verify:
        raise UsageError("--offline and --verify cannot be combined", hint="keep one of them")
    found = _collect(session, offline=offline, verify=verify, show_token=show_token, expiring=expiring is not None)
    if session.json:
        session.show_json(_document(session, found, show_token), reveal=show_token)
    else:
        tables.show(("STATUS", "VALUE", "LAYER", "PLACE"), _rows(session, found, show_token), reveal=show_token)
    with contextlib.suppress(ConfigError):  # reported below
        session.note_token_choice()
    if found.error is not None:
        raise found.error
    return _check_expiry(session, found, within)


def _check_expiry(session: Session, found: Findings, within: timedelta | None) -> int | None:
    """Warn if the token expires soon, or if `within` is given and the expiry is unknown. Return the exit code."""
    expiry = None if found.known is None else found.known.expiry
    if expiry is not None:
        left = expiry - timestamps.now()
        if left < expiry_warning(session):
            _warn_of_expiry(session, found, expiry)
        return EXIT_PENDING if within is not None and left <= within else None
    if within is None or (found.known is not None and found.known.expires == NEVER):
        return None
    if found.verification.skipped is Skipped.OFFLINE:
        why, hint = "with --offline, the workspace is not asked", "leave --offline out"
    else:
        why, hint = found.verification.reason or "the workspace does not say", ""
    terminal.warn(f"it is not known when this token expires: {why}", hint=hint)
    return EXIT_PENDING


def _collect(session: Session, *, offline: bool, verify: bool, show_token: bool, expiring: bool) -> Findings:
    """Find out what can be known of the token, and what is wrong with it."""
    app, resolution = session.app, session.resolution
    diagnosis = Diagnosis(resolution)
    diagnosis.attempt(lambda: session.store.preferences)
    profile = next(iter(diagnosis.trace_choice()), None)
    effective = diagnosis.attempt(resolution.effective_token if diagnosis.error else resolution.token)
    if effective is not None:
        token: ResolvedValue | None = effective.token
        urls = [effective.url]
    else:
        token = next(iter(diagnosis.trace(app.token_field)), None)
        found = diagnosis.trace(app.url_field)
        urls = [url for url in found if token is not None and url.layer != DEFAULT] or found[:1]
    stored = resolution.profile.stored if token is not None and token.layer == PROFILE else None
    fetch = verify or (expiring and not (stored and stored.expires))
    verification = diagnosis.attempt(lambda: _verify(session, effective, offline=offline, fetch=fetch))
    if verification is None or (effective is None and not isinstance(diagnosis.error, NoToken)):
        assert diagnosis.error is not None, "the answer that failed left its error"
        verification = Verification.from_error(diagnosis.error)
    if effective is not None and diagnosis.error is None:
        diagnosis.error = _error_of(session, effective, verification, verify=verify, show_token=show_token)
    known = _details(effective, stored, verification)
    return Findings(profile, token, urls, stored, known, verification, diagnosis.error)


def _verify(session: Session, effective: EffectiveToken | None, *, offline: bool, fetch: bool) -> Verification:
    """Ask the workspace about the effective token. Without `fetch`, run no helper and ask for no passphrase."""
    if effective is None:
        return Verification(State.NO_TOKEN, skipped=Skipped.NO_TOKEN)
    if offline:
        return Verification(State.NOT_ASKED, skipped=Skipped.OFFLINE)
    if needs_helper(effective.token) and not fetch:
        return Verification(State.NOT_ASKED, skipped=Skipped.HELPER_NOT_RUN)
    protected = find_protected_credential(session, effective.token)
    if protected is not None and protected.storage == SEALED and not is_quick(session, protected) and not fetch:
        return Verification(State.NOT_ASKED, skipped=Skipped.VAULT_LOCKED)
    try:
        effective.secret.reveal()
    except (TokenUnavailable, SealingError, InvalidToken) as error:
        return Verification.from_error(error)
    return workspace_access.verify_token(session, session.resolution, effective.url, effective.secret)


def _error_of(
    session: Session, effective: EffectiveToken, verification: Verification, *, verify: bool, show_token: bool
) -> ConfigError | None:
    """The error that ends the command: whatever `verify` must not ignore, else a token that is rejected or missing."""
    if verify or verification.is_refusal:
        return verification.error
    protected = find_protected_credential(session, effective.token)
    may_wait = needs_helper(effective.token) or (protected is not None and not is_quick(session, protected))
    if may_wait and not show_token:
        return None  # that may only be because nothing is asked here
    try:
        effective.secret.reveal()
    except ConfigError as error:
        return error
    return None


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
        expires=details.stored_expires or (stored.expires if stored else ""),
        user=verification.identity.user,
    )


def _warn_of_expiry(session: Session, found: Findings, expiry: datetime) -> None:
    assert found.known is not None, "it has the expiry"
    app = session.app
    is_alive = expiry > timestamps.now()
    if found.stored is None:  # it is not in the token store, so no command here replaces it
        hint = f"create a new one on {app.page(app.tokens_page, str(found.known.origin))}"
    else:
        can_rotate = found.verification.identity is not None and is_alive
        hint = f"{app.name} {app.replacing_command if can_rotate else 'login'} --profile {session.resolution.name}"
    when = timestamps.describe(expiry)
    terminal.warn(f"this token {'expires' if is_alive else 'expired'} {when}", hint=hint)


def _rows(session: Session, found: Findings, show_token: bool) -> list[tuple[Cell, ...]]:
    rows = [
        value_row(session, "profile", found.profile, style="bold"),
        value_row(session, "token", found.token, show_token=show_token),
        *(value_row(session, "api_url", url) for url in found.urls),
    ]
    if not found.urls:
        rows.append(value_row(session, "api_url", None))
    if found.stored is not None:
        rows.append(("storage", found.stored.storage, "", ""))
    if found.known is not None:
        rows.append(("label", found.known.label or ("—", "dim"), "", ""))
        if found.known.user:
            rows.append(("user", found.known.user, "", ""))
        rows.append(("expires", expiry_cell(session, found.known, unknown=_unknown(found)), "", ""))
    identity = found.verification.identity
    if identity is not None and identity.plan:
        rows.append(("plan", identity.plan, "", ""))
    if found.token is not None:
        rows.append(("verified", *_verification_cells(found.verification)))
    return rows


def _unknown(found: Findings) -> str:
    """The word for an expiry that is not known: whether the workspace could have said it depends on the options."""
    return UNKNOWN if found.verification.skipped is None else NOT_CHECKED


def _verification_cells(verification: Verification) -> tuple[Cell, Cell, Cell]:
    """The result in a word; if the token could not be verified, the reason, which may be long, in the last column."""
    if verification.identity is not None:
        user = verification.identity.user
        return (f"yes (as {user})" if user else "yes", "green"), "", ""
    if verification.is_refusal:
        return (f"no: {verification.reason}", "red"), "", ""
    if verification.skipped in (Skipped.OFFLINE, Skipped.NO_VERIFIER):
        return (f"not checked ({verification.reason})", "dim"), "", ""
    words = {
        State.NO_API: "no API",
        State.NO_TOKEN: "no token",
        State.NOT_ASKED: "not fetched",
        State.TOO_MANY_REQUESTS: "too many requests",
    }
    if verification.state is State.BROKEN:  # the error follows the table
        return ("unknown: not asked", "yellow"), "", ""
    return (f"unknown: {words.get(verification.state, verification.state)}", "yellow"), "", (verification.reason, "dim")


def _document(session: Session, found: Findings, show_token: bool) -> StatusDocument:
    verification = found.verification
    identity = verification.identity
    return {
        "profile": value_document(session, found.profile),
        "token": _token_document(session, found, show_token),
        "api_url": value_document(session, next(iter(found.urls), None)),
        "verified": None if verification.skipped is not None or found.token is None else identity is not None,
        "state": verification.state,
        "reason": verification.reason or None,
        "plan": (identity.plan or None) if identity is not None else None,
        "error": error_document(session, found.error),
    }


def _token_document(session: Session, found: Findings, show_token: bool) -> StatusTokenDocument | None:
    value = value_document(session, found.token, show_token=show_token)
    if value is None:
        return None
    known = found.known
    expiry = expiry_document(known.expires if known is not None else "", unknown=_unknown(found))
    document: StatusTokenDocument = {
        "value": value["value"],
        "layer": value["layer"],
        "source": value["source"],
        "key": value["key"],
        "expires": expiry["expires"],
        "expiry": expiry["expiry"],
    }
    if found.stored is not None:
        document.update({**document, **credential_document(found.stored), **expiry})
    if known is not None:
        document["label"], document["user"] = known.label or None, known.user or None
    return document
