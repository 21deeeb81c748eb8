"""`profiles verify`: ask the workspaces about the profiles' tokens, several at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.output import tables, terminal
from arka_config.cli.output.format import NOT_CHECKED, UNKNOWN, expiry_document
from arka_config.cli.runtime import workspace_access
from arka_config.cli.runtime.command import ProfileName, command
from arka_config.cli.runtime.token_survey import prepare_question
from arka_config.cli.runtime.verify_all import verify_all
from arka_config.errors import EXIT_AUTH, EXIT_ERROR, AuthError, ConfigError
from arka_config.store.tokens import Credential
from arka_config.workspace.client.verification import State, Verification

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arka_config.cli.output.documents.profiles import VerifiedProfileDocument, VerifiedProfilesDocument
    from arka_config.cli.output.tables import Cell
    from arka_config.cli.runtime.session import Session

_UNKNOWN = (State.NO_API, State.TOO_MANY_REQUESTS, State.UNREACHABLE, State.BROKEN)
_CELLS: dict[State, Cell] = {
    State.VALID: ("valid", "green"),
    State.INVALID: ("invalid", "red"),
    State.NEEDS_PRO: ("needs Pro", "red"),
    State.NO_API: ("no API", "yellow"),
    State.TOO_MANY_REQUESTS: ("too many requests", "yellow"),
    State.UNREACHABLE: ("unreachable", "yellow"),
    State.NO_TOKEN: ("no token", "dim"),
    State.NOT_ASKED: ("not fetched", "dim"),
    State.BROKEN: ("broken", "red"),
}


@command()
@click.argument("names", metavar="[NAME]…", nargs=-1, type=ProfileName())
def verify(session: Session, names: Sequence[str]) -> int | None:
    """Ask the workspace whether the tokens of profiles work; without a name, of all profiles.

    Exits with 4 if a token is rejected or a named profile has none, and with 1 if a token could not be verified. A
    token from a helper command is fetched only if its profile is named. The user, label and expiry that the workspace
    reports are stored with the token.
    """
    default = [session.profile] if session.profile is not None else session.store.names()
    wanted = [session.store.check_exists(name) for name in dict.fromkeys(names or default)]
    is_named = bool(names or session.profile)
    questions = [prepare_question(session, name, fetch=is_named) for name in wanted]
    stored = [
        None if isinstance(each, Verification) else _read_stored(session, name)
        for name, each in zip(wanted, questions, strict=True)
    ]
    results: list[Verification] = []
    failure: ConfigError | None = None
    for name, before, verification in zip(wanted, stored, verify_all(questions), strict=True):
        results.append(verification)
        try:
            if failure is None:
                _store_details(session, name, before, verification)
        except ConfigError as error:  # the answers are shown all the same
            failure = error
    if failure is not None:
        terminal.warn(f"what the workspaces say was not stored: {failure.message}", hint=failure.hint)
    if session.json:
        document: VerifiedProfilesDocument = {
            "profiles": [_document(*each) for each in zip(wanted, results, strict=True)]
        }
        session.show_json(document)
    elif wanted:
        rows = [_row(*each) for each in zip(wanted, results, strict=True)]
        columns = ("PROFILE", "STATE", "USER", "WHY") if any(row[-1] for row in rows) else ("PROFILE", "STATE", "USER")
        tables.show(columns, [row[: len(columns)] for row in rows], keep=2)
    else:
        session.say_no_profiles()
    return _exit_code(results, is_named)


def _read_stored(session: Session, name: str) -> Credential | None:
    """The stored credential that is verified; None if the profile has a token reference."""
    return workspace_access.resolution_of(session, name).profile.stored


def _store_details(session: Session, name: str, before: Credential | None, verification: Verification) -> None:
    """Store what the workspace says of a token, unless the stored one has been replaced since. Raises ConfigError."""
    if before is None or verification.identity is None:
        return
    details = verification.identity.token
    after = Credential(
        before.token,
        before.origin,
        label=details.label or before.label,
        created=before.created,
        expires=details.stored_expires or before.expires,
        user=verification.identity.user or before.user,
        storage=before.storage,
    )
    if (after.label, after.expires, after.user) == (before.label, before.expires, before.user):
        return
    session.store.replace_token(name, before, after)


def _row(name: str, verification: Verification) -> tuple[Cell, ...]:
    user: Cell = ("—", "dim")
    if verification.identity is not None:
        user = verification.identity.user or user
    # A refusal's reason only repeats the state.
    return (name, _CELLS[verification.state], user, "" if verification.is_refusal else verification.reason)


def _document(name: str, verification: Verification) -> VerifiedProfileDocument:
    identity = verification.identity
    unknown = UNKNOWN if verification.skipped is None else NOT_CHECKED
    return {
        "name": name,
        "state": verification.state,
        "reason": verification.reason or None,
        "user": (identity.user or None) if identity is not None else None,
        "plan": (identity.plan or None) if identity is not None else None,
        "label": (identity.token.label or None) if identity is not None else None,
        **expiry_document(identity.token.stored_expires if identity is not None else "", unknown=unknown),
    }


def _exit_code(results: Sequence[Verification], is_named: bool) -> int | None:
    """4 if a token is rejected or missing from a named profile, 1 if one could not be verified, else success."""
    missing = (each.state == State.NO_TOKEN and (is_named or isinstance(each.error, AuthError)) for each in results)
    if any(each.is_refusal for each in results) or any(missing):
        return EXIT_AUTH
    return EXIT_ERROR if any(each.state in _UNKNOWN for each in results) else None
