"""How the commands reach the workspace: as which client, with which token, and which profiles have a token."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

from arka_config.app_identity import MANAGE
from arka_config.cli.output.format import is_locked
from arka_config.cli.runtime.origin_approval import approve_origin
from arka_config.errors import (
    ConfigError,
    NoToken,
    TokenUnavailable,
    UsageError,
)
from arka_config.precedence.values import PROFILE
from arka_config.references.registry import describe
from arka_config.store.resolution import Resolution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arka_config.cli.runtime.session import Session
    from arka_config.precedence.values import ResolvedValue
    from arka_config.secret import Secret
    from arka_config.store.tokens import Credential
    from arka_config.workspace.client.client import WorkspaceClient
    from arka_config.workspace.client.models import TokenDetails
    from arka_config.workspace.client.verification import Verification


class StoredToken(NamedTuple):
    """A profile's own stored token, with a client for its workspace."""

    profile: str
    credential: Credential
    workspace: WorkspaceClient


def client(
    session: Session, resolution: Resolution, url: ResolvedValue, token: Secret, *, replacement: str = ""
) -> WorkspaceClient:
    """A client for the workspace at a URL. Asks first if only the environment names it, and the user never used it.

    `replacement` is the command that gets another token, for hints; it is known for a profile's own token.

    Raises ConfigError for a connection setting that cannot be used, and what `approve_origin` raises.
    """
    from arka_config.workspace.client.client import WorkspaceClient
    from arka_config.workspace.client.connection import Connection

    approve_origin(session, url)
    stored, name = resolution.profile.stored, resolution.name
    is_of_profile = stored is not None and name is not None and stored.token is token
    if is_of_profile:
        replacement = session.store.sign_in_command(str(name), str(url.value))
    connection = Connection.from_settings(resolution)
    default = session.store.default_url() or ""
    return WorkspaceClient(session.app, str(url.value), token, connection, replacement=replacement, default_url=default)


def effective_workspace(session: Session) -> WorkspaceClient:
    """A client that uses the effective token. Raises NoToken, TokenUnavailable, OriginConflict."""
    effective = session.fetch_token()
    return client(session, session.resolution, effective.url, effective.secret)


def verify_token(
    session: Session, resolution: Resolution, url: ResolvedValue, token: Secret, *, replacement: str = ""
) -> Verification:
    """Ask the workspace about a token. The arguments, and what it raises, are those of `client`."""
    from arka_config.workspace.client.verification import verify

    return verify(client(session, resolution, url, token, replacement=replacement))


def resolution_of(session: Session, name: str) -> Resolution:
    """The resolution with the profile selected as if by `--profile`, and without the other flags of this run."""
    return Resolution(session.store, session.environ, profile=name)


def read_stored_token(session: Session, name: str) -> StoredToken:
    """The token that a profile has stored. Raises NoToken, TokenUnavailable for a token reference, UnknownProfile."""
    resolution = resolution_of(session, name)
    read = resolution.profile
    if read.profile is not None and read.profile.reference is not None:
        place = describe(*read.profile.reference)
        listing = (
            f"; {session.app.name} tokens list shows the tokens of the workspace" if session.app.can(MANAGE) else ""
        )
        raise TokenUnavailable(
            f"profile '{name}' takes its token from {place}, and only a stored token can be revoked or replaced here",
            hint=f"replace it there{listing}",
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
    return read_stored_token(session, session.profile_name(None))


def profiles_with(session: Session, credential: Credential) -> list[str]:
    """The profiles that have this token stored: `profiles copy --with-token` shares one between several."""
    return [name for name in session.store.names() if has_token(session, name, credential)]


def profiles_by_id(
    session: Session, workspace: WorkspaceClient, listed: Sequence[TokenDetails]
) -> dict[str, list[str]]:
    """The profiles that have each of the listed tokens stored, by the token's id.

    A list shows the last four characters. If several tokens have the same, the workspace is asked about the profiles'
    tokens; not otherwise, because that counts as a use. A token that would need a prompt is left out.
    """
    profiles: dict[str, list[str]] = {details.id: [] for details in listed}
    for name in session.store.names():
        with contextlib.suppress(ConfigError):  # a broken file does not hide the others
            stored = session.store.tokens.read(name)
            if stored is None or stored.origin != workspace.origin or is_locked(session, stored):
                continue
            ids = [details.id for details in listed if details.last_four == stored.token.reveal()[-4:]]
            if len(ids) > 1:
                own = workspace.with_token(stored.token).get_identity().token.id
                ids = [each for each in ids if each == own]
            for each in ids:
                profiles[each].append(name)
    return profiles


def find_locked_profiles(session: Session) -> list[str]:
    """The profiles with a sealed token that cannot be compared with another one without a passphrase."""
    locked = []
    for name in session.store.names():
        with contextlib.suppress(ConfigError):
            stored = session.store.tokens.read(name)
            if stored is not None and is_locked(session, stored):
                locked.append(name)
    return locked


def has_token(session: Session, name: str, credential: Credential) -> bool:
    """Whether a profile has this token stored. False for one that cannot be read without a passphrase."""
    try:
        stored = session.store.tokens.read(name)
        if stored is None or stored.origin != credential.origin or is_locked(session, stored):
            return False
        return stored.token == credential.token
    except ConfigError:  # a broken file, or a keyring that does not answer: there is nothing to compare
        return False
