"""Named tokens, layered settings and provenance for command-line programs that sign in with a token.

The public names are loaded on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from arka_config.app import App as App
    from arka_config.app_identity import SignIn as SignIn
    from arka_config.cli.runtime.run import run as run
    from arka_config.errors import AuthError as AuthError
    from arka_config.errors import ConfigError as ConfigError
    from arka_config.errors import ConfigWarning as ConfigWarning
    from arka_config.errors import FileError as FileError
    from arka_config.errors import InvalidToken as InvalidToken
    from arka_config.errors import NoToken as NoToken
    from arka_config.errors import OriginConflict as OriginConflict
    from arka_config.errors import SettingsError as SettingsError
    from arka_config.errors import UnknownProfile as UnknownProfile
    from arka_config.errors import UsageError as UsageError
    from arka_config.errors import WorkspaceError as WorkspaceError
    from arka_config.opening import open_store as open_store
    from arka_config.precedence.custom_layer import CustomLayer as CustomLayer
    from arka_config.precedence.origin import Origin as Origin
    from arka_config.precedence.values import Field as Field
    from arka_config.precedence.values import ResolvedValue as ResolvedValue
    from arka_config.sealing.keyring_tokens import KeyringTokens as KeyringTokens
    from arka_config.sealing.sealed_tokens import SealedTokens as SealedTokens
    from arka_config.secret import Secret as Secret
    from arka_config.settings import ProfileSettings as ProfileSettings
    from arka_config.settings import Token as Token
    from arka_config.store.profile_store import ProfileStore as ProfileStore
    from arka_config.store.protocols import TokenStore as TokenStore
    from arka_config.store.resolution import Resolution as Resolution
    from arka_config.store.tokens import Credential as Credential
    from arka_config.store.tokens import PlainTokens as PlainTokens
    from arka_config.verifiers.introspection import IntrospectionVerifier as IntrospectionVerifier
    from arka_config.verifiers.url import UrlVerifier as UrlVerifier
    from arka_config.verifiers.workspace_api import WorkspaceVerifier as WorkspaceVerifier
    from arka_config.workspace.client.connection import check_bundle as check_bundle
    from arka_config.workspace.client.connection import check_proxy as check_proxy
    from arka_config.workspace.client.models import Identity as Identity
    from arka_config.workspace.client.models import TokenDetails as TokenDetails
    from arka_config.workspace.client.verifier import ApiOrigin as ApiOrigin
    from arka_config.workspace.client.verifier import Refusal as Refusal
    from arka_config.workspace.client.verifier import Unsupported as Unsupported
    from arka_config.workspace.client.verifier import Verifier as Verifier

_HOMES = {
    "ApiOrigin": "workspace.client.verifier",
    "App": "app",
    "AuthError": "errors",
    "ConfigError": "errors",
    "ConfigWarning": "errors",
    "Credential": "store.tokens",
    "CustomLayer": "precedence.custom_layer",
    "Field": "precedence.values",
    "FileError": "errors",
    "Identity": "workspace.client.models",
    "IntrospectionVerifier": "verifiers.introspection",
    "InvalidToken": "errors",
    "KeyringTokens": "sealing.keyring_tokens",
    "NoToken": "errors",
    "Origin": "precedence.origin",
    "OriginConflict": "errors",
    "PlainTokens": "store.tokens",
    "ProfileSettings": "settings",
    "ProfileStore": "store.profile_store",
    "Refusal": "workspace.client.verifier",
    "Resolution": "store.resolution",
    "ResolvedValue": "precedence.values",
    "SealedTokens": "sealing.sealed_tokens",
    "Secret": "secret",
    "SettingsError": "errors",
    "SignIn": "app_identity",
    "Token": "settings",
    "TokenDetails": "workspace.client.models",
    "TokenStore": "store.protocols",
    "UnknownProfile": "errors",
    "Unsupported": "workspace.client.verifier",
    "UrlVerifier": "verifiers.url",
    "UsageError": "errors",
    "Verifier": "workspace.client.verifier",
    "WorkspaceError": "errors",
    "WorkspaceVerifier": "verifiers.workspace_api",
    "check_bundle": "workspace.client.connection",
    "check_proxy": "workspace.client.connection",
    "open_store": "opening",
    "run": "cli.runtime.run",
}

__all__ = [
    "ApiOrigin",
    "App",
    "AuthError",
    "ConfigError",
    "ConfigWarning",
    "Credential",
    "CustomLayer",
    "Field",
    "FileError",
    "Identity",
    "IntrospectionVerifier",
    "InvalidToken",
    "KeyringTokens",
    "NoToken",
    "Origin",
    "OriginConflict",
    "PlainTokens",
    "ProfileSettings",
    "ProfileStore",
    "Refusal",
    "Resolution",
    "ResolvedValue",
    "SealedTokens",
    "Secret",
    "SettingsError",
    "SignIn",
    "Token",
    "TokenDetails",
    "TokenStore",
    "UnknownProfile",
    "Unsupported",
    "UrlVerifier",
    "UsageError",
    "Verifier",
    "WorkspaceError",
    "WorkspaceVerifier",
    "check_bundle",
    "check_proxy",
    "open_store",
    "run",
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
