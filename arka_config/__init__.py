"""Named tokens, layered settings and provenance for command-line programs that sign in with a token.

The public names are loaded on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from arka_config.app import App as App
    from arka_config.errors import ConfigError as ConfigError
    from arka_config.errors import ConfigWarning as ConfigWarning
    from arka_config.precedence.finding import Field as Field
    from arka_config.precedence.finding import Finding as Finding
    from arka_config.precedence.origin import Origin as Origin
    from arka_config.secret import Secret as Secret
    from arka_config.settings import ProfileSettings as ProfileSettings
    from arka_config.settings import Token as Token
    from arka_config.store.profile_store import ProfileStore as ProfileStore
    from arka_config.store.resolution import Resolution as Resolution
    from arka_config.store.tokens import Credential as Credential

_HOMES = {
    "App": "app",
    "ConfigError": "errors",
    "ConfigWarning": "errors",
    "Credential": "store.tokens",
    "Field": "precedence.finding",
    "Finding": "precedence.finding",
    "Origin": "precedence.origin",
    "ProfileSettings": "settings",
    "ProfileStore": "store.profile_store",
    "Resolution": "store.resolution",
    "Secret": "secret",
    "Token": "settings",
}

__all__ = [
    "App",
    "ConfigError",
    "ConfigWarning",
    "Credential",
    "Field",
    "Finding",
    "Origin",
    "ProfileSettings",
    "ProfileStore",
    "Resolution",
    "Secret",
    "Token",
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("arka-config")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
