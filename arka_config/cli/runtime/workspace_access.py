"""How the commands reach the workspace: as which client, with which token, and what happens to a revoked token."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from arka_config.cli.output.format import is_locked
from arka_config.cli.runtime.origin_approval import approve_origin
from arka_config.errors import (
    ConfigError,
    InvalidToken,
    NoToken,
    ProRequired,
    TokenUnavailable,
    UsageError,
    WorkspaceError,
)
from arka_config.precedence.values import PROFILE
from arka_config.references.registry import describe
from arka_config.store.resolution import Resolution

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session
    from arka_config.precedence.origin import Origin
    from arka_config.precedence.values import ResolvedValue
    from arka_config.secret import Secret
    from arka_config.store.tokens import Credential
    from arka_config.workspace.client.client import WorkspaceClient
    from arka_config.workspace.client.verification import Verification


class StoredToken(NamedTuple):
    """A profile's own stored token, with a client for its workspace."""

    profile: str
    credential: Credential
    workspace: WorkspaceClient


def client(session: Session, resolution: Resolution, url: ResolvedValue, token: Secret) -> WorkspaceClient:
    """A client for the workspace at a URL. Asks first if only the environment names it, and the user never used it.

    Raises ConfigError for a connection setting that cannot be used, and what `approve_origin` raises.
    """
    from arka_config.workspace.client.client import WorkspaceClient
    from arka_config.workspace.client.connection import Connection

    approve_origin(session, url)
    return WorkspaceClient(session.app, str(url.value), token, Connection.from_settings(resolution))


def effective_workspace(session: Session) -> WorkspaceClient:
    """A client that uses the effective token. Raises NoToken, TokenUnavailable, OriginConflict."""
    effective = session.token()
    return client(session, session.resolution, effective.url, effective.secret)


def verify_token(session: Session, resolution: Resolution, url: ResolvedValue, token: Secret) -> Verification:
    """Ask the workspace about a token. Raises what `client` raises."""
    from arka_config.workspace.client.verification import verify

    return verify(client(session, resolution, url, token))


def resolution_of(session: Session, name: str) -> Resolution:
    """The resolution with the profile selected as if by `--profile`, and without the other flags of this run."""
    return Resolution(session.store, session.environ, profile=name)


def stored_token(session: Session, name: str) -> StoredToken:
    """The token that a profile has stored. Raises NoToken, TokenUnavailable for a token reference, UnknownProfile."""
    resolution = resolution_of(session, name)
    read = resolution.profile
    if read.profile is not None and read.profile.reference is not None:
        place = describe(*read.profile.reference)
        raise TokenUnavailable(
            f"profile '{name}' takes its token from {place}, and only a stored token can be revoked or rotated here",
            hint=f"replace it there; {session.app.name} tokens list shows the tokens of the workspace",
        )
    effective = resolution.effective_token()
    if read.credential is None or effective is None or effective.token.layer != PROFILE:
        raise NoToken(f"profile '{name}' has no stored token", hint=f"{session.app.name} login --profile {name}")
    return StoredToken(name, read.credential, client(session, resolution, effective.url, effective.secret))


def effective_stored_token(session: Session) -> StoredToken:
    """The stored token of the effective profile.

    Raises UsageError if a flag's or variable's token overrides it: that token is not stored anywhere, and must not be
    confused with the profile's.
    """
    effective = session.resolution.effective_token()
    if effective is not None and effective.token.layer != PROFILE:
        name = session.resolution.name
        is_stored = name is not None and session.resolution.profile.stored is not None
        raise UsageError(
            f"the effective token is that of {effective.token.place}, and only a profile's stored token can be revoked "
            "or rotated here",
            hint=f"name the profile: --profile {name}" if is_stored else f"{session.app.name} tokens list",
        )
    return stored_token(session, session.profile_name(None))


def revoke_token(stored: StoredToken) -> bool:
    """Revoke the token at its workspace. Return False if the workspace already rejects it.

    Raises NoWorkspaceApi, WorkspaceUnreachable and the other kinds of WorkspaceError, and ProRequired.
    """
    try:
        stored.workspace.revoke()
    except InvalidToken:
        return False
    return True


def revoke_before_removal(session: Session, name: str) -> str:
    """Revoke a profile's token that is about to be removed, and return the message that reports it.

    Raises ConfigError, which says that nothing was removed.
    """
    try:
        stored = stored_token(session, name)
        return describe_revocation(stored, revoke_token(stored))
    except (ProRequired, WorkspaceError) as error:
        page = session.app.page(session.app.tokens_page, session.store.read_origin(name))
        raise type(error)(
            f"the token of profile '{name}' was not revoked, so nothing was removed: {error.message}",
            hint=error.hint or f"revoke it on {page}, then run this without --revoke",
        ) from None


def describe_revocation(stored: StoredToken, was_revoked: bool) -> str:
    """One line that says what happened to a token at the workspace and here."""
    if was_revoked:
        return f"Revoked the token of profile '{stored.profile}' at {stored.workspace.origin}, and forgot it"
    return f"Forgot the token of profile '{stored.profile}', which {stored.workspace.origin} already rejects"


def profiles_with(session: Session, credential: Credential) -> list[str]:
    """The profiles that have this token stored: `profiles copy --with-token` shares one between several."""
    return [name for name in session.store.names() if _has_token(session, name, credential)]


def profiles_by_last_four(session: Session, origin: Origin) -> dict[str, list[str]]:
    """The profiles with a token stored for an origin, by its last four characters, which is all that a list shows.

    A token that would need a prompt is left out.
    """
    profiles: dict[str, list[str]] = {}
    for name in session.store.names():
        try:
            stored = session.store.tokens.read(name)
            if stored is not None and stored.origin == origin and not is_locked(session, stored):
                profiles.setdefault(stored.token.reveal()[-4:], []).append(name)
        except ConfigError:  # a broken file does not hide the others
            continue
    return profiles


def forget_token(session: Session, stored: StoredToken) -> bool:
    """Remove a revoked token from the store. Return False if the profile has another token by now."""
    with session.store.lock:
        return _has_token(session, stored.profile, stored.credential) and session.store.log_out(stored.profile)


def _has_token(session: Session, name: str, credential: Credential) -> bool:
    try:
        stored = session.store.tokens.read(name)
        if stored is None or stored.origin != credential.origin or is_locked(session, stored):
            return False
        return stored.token == credential.token
    except ConfigError:  # a broken file, or a keyring that does not answer: there is nothing to compare
        return False
