"""Finish what killed commands left in the journal: forget the tokens that a profile holds, and revoke the others."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from arka_config import timestamps
from arka_config.cli.output import terminal
from arka_config.cli.output.format import is_locked
from arka_config.cli.output.progress import track
from arka_config.cli.runtime import workspace_access
from arka_config.cli.runtime.origin_approval import is_approved
from arka_config.errors import (
    AuthError,
    ConfigError,
    InvalidToken,
    NotPermitted,
    NoWorkspaceApi,
    RequestRefused,
    WorkspaceError,
    WorkspaceUnreachable,
)
from arka_config.precedence.values import PROFILE
from arka_config.store.journal import LOGIN, REQUESTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arka_config.cli.runtime.session import Session
    from arka_config.secret import Secret
    from arka_config.store.journal import Entry
    from arka_config.workspace.client.client import WorkspaceClient
    from arka_config.workspace.client.models import Identity

_CLOCK_SKEW = 300.0  # seconds by which this machine's clock and the workspace's may differ


class Outcome(NamedTuple):
    """What became of an entry. `why` says why it is left; it is empty if the entry is finished."""

    entry: Entry
    is_revoked: bool = False
    why: str = ""


def finish(session: Session) -> None:
    """Finish what killed commands left, and report each token that was revoked or that cannot be.

    Never raises an error: a command does its own work in any case.
    """
    session.store.reports_unfinished = False
    try:
        left = session.store.journal.left_behind()
        outcomes = finish_entries(session, left)
    except ConfigError as error:
        terminal.warn(error.message, hint=error.hint)
        return
    for outcome in outcomes:
        entry = outcome.entry
        if outcome.why:
            page = session.app.page(session.app.tokens_page, entry.origin)
            terminal.warn(
                f"a killed '{entry.kind}' may have left {entry} at {entry.origin}: {outcome.why}",
                hint=f"revoke it on {page}, or try again: {session.app.name} doctor --fix",
            )
        elif outcome.is_revoked:
            terminal.note(f"revoked {entry} at {entry.origin}, which a killed '{entry.kind}' left behind")


def finish_or_raise(session: Session, entry: Entry) -> None:
    """Finish an entry. Raises ConfigError with the reason if that is not possible."""
    (outcome,) = finish_entries(session, [entry])
    if outcome.why:
        raise ConfigError(outcome.why)


def finish_entries(session: Session, entries: Sequence[Entry]) -> list[Outcome]:
    """Ask the workspaces which of these tokens the profiles hold, and revoke the others."""
    by_origin: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_origin[entry.origin].append(entry)
    outcomes = []
    for origin, group in by_origin.items():
        tokens = _ask(session, origin)
        outcomes += [_finish_entry(session, tokens, entry) for entry in track(group, "Finishing")]
    done = [outcome.entry for outcome in outcomes if not outcome.why]
    if done:
        session.store.journal.finish(*done)
    return outcomes


class _Tokens(NamedTuple):
    """This machine's tokens at one origin: the ids that it holds, a client for each that works, and why one could not
    be compared, if so."""

    held: set[str]
    clients: list[tuple[WorkspaceClient, Identity]]
    not_compared: list[str]


def _ask(session: Session, origin: str) -> _Tokens:
    tokens = _Tokens(set(), [], [])
    seen: list[Secret] = []
    for name in session.store.names():
        try:
            stored = session.store.tokens.read(name)
            if stored is None or str(stored.origin) != origin:
                continue
            if is_locked(session, stored):
                tokens.not_compared.append(f"the token of profile '{name}' is locked, and was not compared")
                continue
            if stored.token not in seen:
                seen.append(stored.token)
                _identify(tokens, workspace_access.read_stored_token(session, name).workspace)
        except ConfigError as error:
            tokens.not_compared.append(f"the token of profile '{name}' was not compared: {error.lines[0]}")
            if isinstance(error, WorkspaceUnreachable):  # it would not answer about the others either
                return tokens
    try:
        effective = session.resolution.effective_token()
        if effective is not None and effective.token.layer != PROFILE and is_approved(session, effective.url):
            client = workspace_access.client(session, session.resolution, effective.url, effective.secret)
            if str(client.origin) == origin and client.token not in seen:
                _identify(tokens, client)
    except ConfigError:  # the command itself reports it
        pass
    return tokens


def _identify(tokens: _Tokens, client: WorkspaceClient) -> None:
    """Ask for a token's id. A token that the workspace rejects cannot be one that is left."""
    try:
        identity = client.get_identity()
    except InvalidToken:
        return
    tokens.held.add(identity.token.id)
    tokens.clients.append((client, identity))


def _finish_entry(session: Session, tokens: _Tokens, entry: Entry) -> Outcome:
    if entry.id and entry.id in tokens.held:
        return Outcome(entry)
    if entry.id and tokens.not_compared:
        return Outcome(entry, why=tokens.not_compared[0])
    if entry.kind == LOGIN:
        return _withdraw_sign_in(session, entry)
    why = tokens.not_compared[0] if tokens.not_compared else "no profile has a token that works there"
    is_gone = has_failed = False
    for client, identity in tokens.clients:
        if entry.user and identity.id != entry.user:
            why = "no profile has a token of its user that works"
            continue
        try:
            if _revoke(client, entry, tokens.held):
                return Outcome(entry, is_revoked=True)
            is_gone = True
        except (AuthError, WorkspaceError) as error:
            why, has_failed = error.lines[0], True
    is_gone = is_gone and (bool(entry.user) or not has_failed)  # another user's token cannot tell
    if is_gone and entry.may_still_arrive:
        return Outcome(entry, why="it was not issued so far, and the request may still arrive")
    return Outcome(entry, why="" if is_gone else why)


def _withdraw_sign_in(session: Session, entry: Entry) -> Outcome:
    """Withdraw a sign-in by its code, and the token that it was exchanged for: that needs no other token."""
    from arka_config.cli.runtime import browser_sign_in

    try:
        browser_sign_in.withdraw(session, entry)
    except (AuthError, WorkspaceError) as error:
        return Outcome(entry, why=error.lines[0])
    return Outcome(entry, is_revoked=bool(entry.id))


def _revoke(client: WorkspaceClient, entry: Entry, held: set[str]) -> bool:
    """Revoke an entry's token. Return False if it has none. Raises AuthError or WorkspaceError if it may be left."""
    if entry.role == REQUESTED:
        try:
            return client.withdraw(entry.key)
        except NoWorkspaceApi:  # an older workspace, which issues tokens without noting the key
            pass
        if not entry.id:
            return _check_none_was_issued(client, entry, held)
    try:
        client.revoke(entry.id)
    except RequestRefused:
        return False
    return True


def _check_none_was_issued(client: WorkspaceClient, entry: Entry, held: set[str]) -> bool:
    """Look for the token of a request in the list: one with its label that no profile holds, issued at that time.

    Return False without one. Raises NotPermitted if the client may not look, or if there is one: it may be that
    of another machine, so only the user can decide.
    """
    candidates = [
        details.id
        for details in client.list_tokens()
        if details.label == entry.label
        and details.id not in held
        and not details.last_used
        and (not details.created or _seconds_between(entry.begun, details.created) > -_CLOCK_SKEW)
    ]
    if candidates:
        raise NotPermitted(f"it may be {' or '.join(candidates)}, which was never used")
    return False


def _seconds_between(begun: str, created: str) -> float:
    try:
        return (timestamps.parse(created) - timestamps.parse(begun)).total_seconds()
    except ValueError:
        return 0.0
