"""The kinds of token references: each is one file, and one line here."""

from __future__ import annotations

from arka_config.errors import ConfigError, TokenUnavailable
from arka_config.references.protocol import Context
from arka_config.secret import Secret
from arka_config.text import did_you_mean, shorten

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from arka_config.app_identity import AppIdentity
    from arka_config.references.protocol import ReferenceKind
    from arka_config.store.preferences import Preferences
    from arka_config.store.profiles import Profile

KINDS: dict[str, str] = {
    "env": "arka_config.references.env:EnvReference",
    "file": "arka_config.references.file:FileReference",
    "helper": "arka_config.references.helper:HelperReference",
}


def kinds() -> tuple[str, ...]:
    """Return the names of the kinds, in order."""
    return tuple(KINDS)


def kind_of(name: str) -> ReferenceKind:
    """Return the kind with this name, imported on this call. Raises ConfigError for an unknown one."""
    if name not in KINDS:
        raise ConfigError(
            f"there is no kind of token reference '{shorten(name, 80)}'",
            hint=did_you_mean(name, KINDS) or f"the kinds are {', '.join(KINDS)}",
        )
    module, _, attribute = KINDS[name].partition(":")
    kind: ReferenceKind = getattr(__import__(module, fromlist=[attribute]), attribute)()
    return kind


def describe(kind: str, target: str) -> str:
    """Return a reference in words: `$WORK_TOKEN`, `file /run/secrets/token`, `helper op`."""
    return kind_of(kind).describe(target)


def variable_of(reference: tuple[str, str]) -> str:
    """Return the environment variable that a reference reads, or an empty string."""
    kind, target = reference
    return kind_of(kind).variable(target)


def subject_of(profile: Profile) -> str:
    """Return the beginning of a message about a profile's reference."""
    assert profile.reference is not None
    return f"profile '{profile.name}' takes its token from {describe(*profile.reference)}"


def token_of(
    profile: Profile, app: AppIdentity, environ: Mapping[str, str], load_preferences: Callable[[], Preferences]
) -> Secret:
    """Return the token of a profile that has a reference, fetched when it is revealed.

    Revealing raises TokenUnavailable if the token is not there, and InvalidToken if what is there is not a token:
    another token is never used in its place.
    """
    assert profile.reference is not None
    name, target = profile.reference
    kind, subject, context = kind_of(name), subject_of(profile), Context(app, environ, load_preferences)

    def fetch() -> str:
        token = kind.fetch(target, subject, context)
        if token is None:
            raise TokenUnavailable(
                f"{subject}, which is empty or not set",
                hint=f"{kind.remedy(target, context)}, or: {app.name} profiles unset {profile.name} token",
            )
        return token.reveal()

    return app.check_when_revealed(Secret(fetch), f"{subject}, which")
