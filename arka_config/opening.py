"""Opening an app's store: where the kinds of token stores, the vault and references are connected to it.

Each is imported when it is first needed, so that reading a plain token imports none of them.
"""

from __future__ import annotations

import os

from arka_config.store.folders import Folders
from arka_config.store.profile_store import ProfileStore
from arka_config.store.tokens import KEYRING, SEALED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from arka_config.app_identity import AppIdentity
    from arka_config.store.protocols import References, TokenStore, Vault


def open_store(
    app: AppIdentity, environ: Mapping[str, str] | None = None, *, folders: Folders | None = None
) -> ProfileStore:
    """Return the app's store in the folders that the environment gives. Touches no file."""
    environ = os.environ if environ is None else environ
    return ProfileStore(
        app,
        folders or Folders.of(app, environ),
        environ,
        token_stores={SEALED: _sealed_tokens, KEYRING: _keyring_tokens},
        make_vault=_vault,
        load_references=_references,
    )


def _sealed_tokens(store: ProfileStore) -> TokenStore:
    from arka_config.sealing.sealed_tokens import SealedTokens

    return SealedTokens(store)


def _keyring_tokens(store: ProfileStore) -> TokenStore:
    from arka_config.sealing.keyring_tokens import KeyringTokens

    return KeyringTokens(store)


def _vault(store: ProfileStore) -> Vault:
    from arka_config.sealing.vault import Vault

    return Vault(store)


def _references() -> References:
    from arka_config.references import registry

    return registry
