"""Asks the workspace, for the commands: which one, with which token, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.output.format import is_locked
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
from arka_config.store.references import described
from arka_config.store.resolution import Resolution

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session
    from arka_config.secret import Secret
    from arka_config.store.tokens import Credential
    from arka_config.workspace.client.client import WorkspaceClient
    from arka_config.workspace.client.verification import Verification


class Held:
    """A profile's own stored token, and the workspace that it is for."""

    __slots__ = ("credential", "name", "workspace")

    def __init__(self, name: str, credential: Credential, workspace: WorkspaceClient) -> None:
        self.name = name
        self.credential = credential
        self.workspace = workspace


def workspace(session: Session, resolution: Resolution, url: str, token: Secret) -> WorkspaceClient:
    """The workspace at a URL, reached as the settings say. Raises ConfigError for a setting that cannot be used."""
    from arka_config.workspace.client.client import WorkspaceClient
    from arka_config.workspace.client.connection import Connection

    return WorkspaceClient(session.app, url, token, Connection.from_settings(resolution))


def in_force(session: Session) -> WorkspaceClient:
    """The workspace of the token in force. Raises NoToken, TokenUnavailable, OriginConflict."""
    found = session.token()
    return workspace(session, session.resolution, str(found.url.value), found.secret)


def verify_token(session: Session, resolution: Resolution, url: str, token: Secret) -> Verification:
    """Ask the workspace about a token. Raises ConfigError for a setting that cannot be used."""
    from arka_config.workspace.client.verification import verify

    return verify(workspace(session, resolution, url, token))


def of_profile(session: Session, name: str) -> Resolution:
    """Who wins where the profile is named by flag."""
    return Resolution(session.store, session.environ, profile=name)


def held(session: Session, name: str) -> Held:
    """The token that a profile has stored. Raises NoToken, TokenUnavailable for a reference, UnknownProfile."""
    resolution = of_profile(session, name)
    read = resolution.profile
    if read.profile is not None and read.profile.reference is not None:
        place = described(*read.profile.reference)
        raise TokenUnavailable(
            f"profile '{name}' takes its token from {place}, and only a stored one can be revoked or rotated here",
            hint=f"replace it where it is kept; {session.app.name} tokens list shows what there is",
        )
    found = resolution.token_in_force()
    if read.credential is None or found is None or found.token.layer != PROFILE:
        raise NoToken(f"profile '{name}' has no stored token", hint=f"{session.app.name} login --profile {name}")
    return Held(name, read.credential, workspace(session, resolution, str(found.url.value), found.secret))


def held_in_force(session: Session) -> Held:
    """The stored token of the profile in force. Raises UsageError where a flag's or a variable's token hides it: that
    one is kept nowhere, and another one than is in force must not be taken in its place."""
    found = session.resolution.token_in_force()
    if found is not None and found.token.layer != PROFILE:
        name = session.resolution.name
        stored = name is not None and session.resolution.profile.stored is not None
        raise UsageError(
            f"the token in force is that of {found.token.place}, and only a profile's stored one can be revoked or "
            "rotated here",
            hint=f"name the profile: --profile {name}" if stored else f"{session.app.name} tokens list",
        )
    return held(session, session.profile_name(None))


def revoke(found: Held) -> bool:
    """Revokes the token at its workspace; False where the workspace refuses it already, so that there is nothing to do.

    Raises NoWorkspaceApi, WorkspaceUnreachable and the other kinds of WorkspaceError, and ProRequired.
    """
    try:
        found.workspace.revoke()
    except InvalidToken:
        return False
    return True


def revoke_or_stop(session: Session, name: str) -> str:
    """Revokes a profile's token before it is forgotten; the words for what happened. Raises ConfigError, saying that
    nothing was removed."""
    try:
        found = held(session, name)
        said = end_in_words(found, revoke(found))
    except (ProRequired, WorkspaceError) as error:
        message, hint, kind = error.message, error.hint, type(error)
    else:
        return said
    page = session.app.page(session.app.tokens_page, session.store.origin(name))
    raise kind(
        f"the token of profile '{name}' was not revoked, so nothing was removed: {message}",
        hint=hint or f"revoke it on {page}, then run this without --revoke",
    )


def end_in_words(found: Held, was_revoked: bool) -> str:
    """One line about the end of a token, there and here."""
    if was_revoked:
        return f"Revoked the token of profile '{found.name}' at {found.workspace.origin}, and forgot it"
    return f"Forgot the token of profile '{found.name}', which {found.workspace.origin} refuses already"


def holders(session: Session, credential: Credential) -> list[str]:
    """Every profile that has this same token stored: a copy under another name dies with it."""
    return [name for name in session.store.names() if is_held(session, name, credential)]


def is_held(session: Session, name: str, credential: Credential) -> bool:
    """Whether the profile has this token stored, now."""
    try:
        stored = session.store.tokens.read(name)
        if stored is None or stored.origin != credential.origin or is_locked(session, stored):
            return False
        return stored.token == credential.token
    except ConfigError:  # a broken file, or a keyring that does not answer, holds nothing that can be compared
        return False


def forget(session: Session, found: Held) -> bool:
    """Forgets a token that was revoked; False where the profile has another one by now."""
    with session.store.lock:
        return is_held(session, found.name, found.credential) and session.store.log_out(found.name)
