"""Revoke tokens: what every command that does so has in common, the words included.

The response may be lost after the workspace has revoked the token. Then nothing is forgotten here, and the command can
be run again: a token that the workspace does not know any more is revoked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.output import terminal
from arka_config.cli.runtime import workspace_access
from arka_config.errors import InvalidToken, ProRequired, RevocationUnknown, WorkspaceError
from arka_config.workspace.client.models import CURRENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from arka_config.cli.runtime.session import Session
    from arka_config.cli.runtime.workspace_access import StoredToken
    from arka_config.workspace.client.client import WorkspaceClient


def revoke(
    workspace: WorkspaceClient, what: str, again: str, token_id: str = CURRENT, *, tried_before: bool = False
) -> bool:
    """Revoke a token, by default the client's own. Return False if the workspace already rejects that one.

    `what` names the token in errors, and `again` is the command to run if the response was lost; `tried_before` says
    that it is run again. Raises RevocationUnknown, and the other kinds of WorkspaceError, ProRequired and InvalidToken.
    """
    try:
        workspace.revoke(token_id, tried_before=tried_before)
    except InvalidToken:
        if token_id != CURRENT:
            raise
        return False
    except WorkspaceError as error:
        if not error.may_have_arrived:
            raise
        reason = error.message
    else:
        return True
    # Raised outside of the handler: the original error would be shown as well.
    raise RevocationUnknown(f"{what} may have been revoked; run it again: {reason}", hint=again)


def revoke_several(workspace: WorkspaceClient, ids: Sequence[str], again: str) -> None:
    """Revoke several tokens, but not the client's own, with one request. Some may be gone already.

    Raises RevocationUnknown if the response was lost, NoWorkspaceApi and the other kinds of WorkspaceError.
    """
    try:
        workspace.revoke_all(ids)
    except WorkspaceError as error:
        if not error.may_have_arrived:
            raise
        reason = error.message
    else:
        return
    raise RevocationUnknown(f"{len(ids)} tokens may have been revoked; run it again: {reason}", hint=again)


def revoke_stored(stored: StoredToken, again: str) -> str:
    """Revoke a profile's token, and return the message that reports it. Raises what `revoke` raises."""
    name, origin = stored.profile, stored.workspace.origin
    if revoke(stored.workspace, f"the token of profile '{name}'", again):
        return f"Revoked the token of profile '{name}' at {origin}, and forgot it"
    return f"Forgot the token of profile '{name}', which {origin} already rejects"


def revoke_before_removal(
    session: Session, name: str, again: str, *, kept: str = "nothing was removed"
) -> tuple[StoredToken, str]:
    """Revoke a profile's token that is about to be removed. Return it, and the message that reports it.

    Raises ConfigError, which says what was kept.
    """
    stored = workspace_access.read_stored_token(session, name)
    try:
        return stored, revoke_stored(stored, again)
    except RevocationUnknown:
        raise
    except (ProRequired, WorkspaceError) as error:
        page = session.app.page(session.app.tokens_page, session.store.read_origin(name))
        raise type(error)(
            f"the token of profile '{name}' was not revoked, so {kept}: {error.message}",
            hint=error.hint or f"revoke it on {page}, then run this without --revoke",
        ) from None


def forget_token(session: Session, stored: StoredToken) -> bool:
    """Remove a revoked token from the store. Return False if the profile has another token by now."""
    with session.store.lock:
        return workspace_access.has_token(session, stored.profile, stored.credential) and session.store.log_out(
            stored.profile
        )


def describe_sharing(session: Session, stored: StoredToken, *, besides: Iterable[str] = ()) -> str:
    """The part of a question that names the other profiles with the same token; empty if there are none."""
    names = _sharing_profiles(session, stored, besides)
    if not names:
        return ""
    *first, last = [f"'{name}'" for name in names]
    has = f"Profiles {', '.join(first)} and {last} have" if first else f"Profile {last} has"
    return f" {has} the same token."


def note_sharing(session: Session, stored: StoredToken, *, besides: Iterable[str] = ()) -> None:
    """After a revocation, name the other profiles with this token, and those with one that cannot be compared."""
    note_holders(session, _sharing_profiles(session, stored, besides))
    removed = {stored.profile, *besides}
    note_not_compared(session, [name for name in workspace_access.find_locked_profiles(session) if name not in removed])


def note_holders(session: Session, names: Iterable[str]) -> None:
    """Name the profiles that have a token that was revoked, with the command to run for each."""
    for name in names:
        login = f"{session.app.name} login -p {name}"
        terminal.note(f"profile '{name}' has this token, which no longer works: {login}")


def note_not_compared(session: Session, names: Iterable[str]) -> None:
    """Name the profiles that may have a revoked token: theirs are sealed, and were not unlocked to compare them."""
    listed = ", ".join(names)
    if listed:
        unlock = f'eval "$({session.app.name} vault unlock)"'
        terminal.note(f"the vault is locked, so the tokens of these profiles were not compared: {listed} ({unlock})")


def _sharing_profiles(session: Session, stored: StoredToken, besides: Iterable[str]) -> list[str]:
    left_out = {stored.profile, *besides}
    return [name for name in workspace_access.profiles_with(session, stored.credential) if name not in left_out]
