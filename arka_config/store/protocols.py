"""What the store needs from the packages above it. `arka_config.opening` passes in the implementations.

Not part of the fast path: `typing` is expensive to import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from arka_config.app_identity import AppIdentity
    from arka_config.errors import ConfigError
    from arka_config.secret import Secret
    from arka_config.store.preferences import Preferences
    from arka_config.store.profiles import Profile
    from arka_config.store.tokens import Credential, Document


class TokenStore(Protocol):
    """A kind of token store. `kind` is its name in token files.

    A document is what a token file contains. Those of other secrets belong to a profile and a field.
    """

    kind: str

    def read(self, name: str, document: Document, path: str) -> Credential:
        """Return a profile's credential. Its token may be fetched later."""

    def save(self, name: str, credential: Credential) -> Document:
        """Return the document of a credential, after storing outside of it what it only points to."""

    def read_secret(self, profile: str, field: str, document: Document, path: str) -> Secret:
        """Return the secret of a profile's setting. It may be fetched later."""

    def save_secret(self, profile: str, field: str, secret: Secret) -> Document:
        """Return the document of a secret, after storing outside of it what it only points to."""

    def forget(self, name: str, document: Document) -> None:
        """Delete what an old document points to."""


class Vault(Protocol):
    """What encrypts sealed tokens."""

    @property
    def is_enabled(self) -> bool:
        """Whether sealing is on."""

    def opens_at_once(self) -> bool:
        """Whether it is open, or opens without asking the user, waiting or running a program."""

    def why_locked(self) -> ConfigError | None:
        """Return why it does not open without an answer from the user; None if it does."""


class References(Protocol):
    """The kinds of token references."""

    def kinds(self) -> Collection[str]:
        """Return the names of the kinds."""

    def variable_of(self, reference: tuple[str, str]) -> str:
        """Return the environment variable that a reference reads, or an empty string."""

    def token_of(
        self,
        profile: Profile,
        app: AppIdentity,
        environ: Mapping[str, str],
        load_preferences: Callable[[], Preferences],
    ) -> Secret:
        """Return the token that a profile refers to, fetched when it is revealed."""
