"""Context: what a reference is fetched from, besides its target."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from arka_config.app_identity import AppIdentity
    from arka_config.store.preferences import Preferences

_LONGEST_NAME = 20  # characters


class Context:
    """The app, the environment, and the user's config.toml, which is read on first use."""

    def __init__(
        self, app: AppIdentity, environ: Mapping[str, str], load_preferences: Callable[[], Preferences]
    ) -> None:
        self.app = app
        self.environ = environ
        self._load_preferences = load_preferences

    @property
    def preferences(self) -> Preferences:
        """The user's config.toml. Raises MalformedFile."""
        return self._load_preferences()


def is_like_a_token(name: str) -> bool:
    """Whether a name looks like a token, perhaps another program's: long, with digits and lower-case letters."""
    is_mixed = any(letter.islower() for letter in name) and any(letter.isdigit() for letter in name)
    return len(name) >= _LONGEST_NAME and is_mixed
