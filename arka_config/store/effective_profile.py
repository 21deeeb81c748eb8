"""The effective profile of one run, with what is stored for it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from arka_config.errors import ConfigError
    from arka_config.precedence.values import ResolvedValue
    from arka_config.secret import Secret
    from arka_config.store.profiles import Profile
    from arka_config.store.tokens import Credential


class EffectiveProfile:
    """A profile's choice, file, credential and other secrets, as read together; all None if there is none.

    A secret that cannot be read is replaced by its error.
    """

    __slots__ = ("choice", "credential", "profile", "secrets")

    def __init__(
        self,
        choice: ResolvedValue | None,
        profile: Profile | None,
        credential: Credential | None,
        secrets: Mapping[str, Secret | ConfigError | None] | None = None,
    ) -> None:
        self.choice = choice
        self.profile = profile
        self.credential = credential
        self.secrets = dict(secrets or {})

    @property
    def name(self) -> str | None:
        return None if self.profile is None else self.profile.name

    @property
    def stored(self) -> Credential | None:
        """The credential that the profile's token comes from; None if it has a token reference."""
        return None if self.profile is not None and self.profile.reference is not None else self.credential

    @property
    def has_token(self) -> bool:
        return self.credential is not None or (self.profile is not None and self.profile.reference is not None)

    @property
    def exists(self) -> bool:
        return self.credential is not None or (self.profile is not None and self.profile.is_on_disk)

    @property
    def is_whole(self) -> bool:
        return self._missing == (False, False, [])

    @property
    def _missing(self) -> tuple[bool, bool, list[str]]:
        """Which parts are missing: the file, the credential, and which other secrets."""
        secrets = [name for name, secret in self.secrets.items() if secret is None]
        return self.profile is None or not self.profile.is_on_disk, self.credential is None, secrets

    def is_like(self, other: EffectiveProfile | None) -> bool:
        """Whether both are the same profile, with the same parts missing."""
        if other is None or self.profile is None or other.profile is None or self.name != other.name:
            return False
        return self._missing == other._missing
