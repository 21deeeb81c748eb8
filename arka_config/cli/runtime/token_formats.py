"""The checksum of tokens: learn from a workspace whether its tokens have one, and check a token that a user enters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config import token_checksum
from arka_config.errors import AuthError, ConfigError, InvalidToken, WorkspaceError
from arka_config.precedence.origin import Origin
from arka_config.store.token_formats import TokenFormats
from arka_config.text import quote_path

if TYPE_CHECKING:
    from arka_config.app_identity import AppIdentity
    from arka_config.secret import Secret
    from arka_config.store.profile_store import ProfileStore
    from arka_config.workspace.client.client import WorkspaceClient


def check(store: ProfileStore, token: Secret, url: str) -> None:
    """Raise InvalidToken if every token of this workspace has a checksum, and this text has no valid one.

    It is what the workspace said last, so nothing is sent, and a typing error is found without a network.
    """
    app, formats = store.app, _formats(store)
    if app.token_checksum != token_checksum.OPTIONAL or _has_checksum(app, token):
        return
    if formats.checksum(str(Origin.of(url))) == token_checksum.REQUIRED:
        page = app.page(app.tokens_page, url)
        raise InvalidToken(
            f"Invalid token: {token_checksum.FAULT}",
            reason=token_checksum.FAULT,
            hint=f"copy one whole from {page}, or for an older token without a checksum: rm {quote_path(formats.path)}",
        )


def _has_checksum(app: AppIdentity, token: Secret) -> bool:
    text = token.reveal()
    return token_checksum.is_valid(text, app.prefix_of(text))


def learn(store: ProfileStore, client: WorkspaceClient) -> None:
    """Ask a workspace whether its tokens have a checksum, and remember the answer. An older workspace has none."""
    if store.app.token_checksum != token_checksum.OPTIONAL or not store.app.has_workspace_api:
        return
    try:
        checksum = client.get_checksum()
    except (AuthError, WorkspaceError):
        return
    _formats(store).record(str(client.origin), checksum)


def all_have_checksum(store: ProfileStore) -> bool:
    """Whether every token has a checksum: those of the default workspace, and of each that a token is stored for."""
    formats = _formats(store)
    try:
        origins = {str(Origin.of(url)) for url in [store.default_url()] if url}
        for name in store.tokens.names():
            stored = store.tokens.read(name)
            origins |= set() if stored is None else {str(stored.origin)}
    except ConfigError:
        return False
    return bool(origins) and all(formats.checksum(each) == token_checksum.REQUIRED for each in origins)


def _formats(store: ProfileStore) -> TokenFormats:
    return TokenFormats(store.folders.state, store.lock)
