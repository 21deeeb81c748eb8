"""The environment of each program that this one starts: the command of `exec`, a helper, a browser."""

from __future__ import annotations

from arka_config.errors import ConfigError
from arka_config.store import files, toml

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from arka_config.app_identity import AppIdentity
    from arka_config.store.profile_store import ProfileStore
    from arka_config.store.profiles import Profile


def child_environment(
    app: AppIdentity, environ: Mapping[str, str], store: ProfileStore | None = None, profile: Profile | None = None
) -> dict[str, str]:
    """Return the environment for a child process: without the variables that hold a secret of this app.

    With a `store`, also without the tokens in variables that its profiles' token references name; `profile` keeps its
    own.
    """
    removed = secrets_in(app, environ)
    if store is not None:
        own = "" if profile is None or profile.reference is None else store.references.variable_of(profile.reference)
        removed |= _tokens_of_references(store, environ, ignored={own, *removed})
    return {name: value for name, value in environ.items() if name not in removed}


def secrets_in(app: AppIdentity, environ: Mapping[str, str]) -> set[str]:
    """Return the app's variables in this environment that may hold a secret, or lead to one."""
    secret = {name for name in app.secret_variables if name in environ}
    if "@" not in environ.get(proxy := app.variable("PROXY"), ""):
        secret.discard(proxy)  # no password: an `arka` that the child runs needs it
    others = {name for name in environ if name.startswith(app.prefix)}.difference(app.own_variables)
    # Importing a settings class takes long, so an app may say which of its settings are secret.
    if app.secret_settings is not None:
        for name in app.secret_settings:
            secret |= _variables_of_setting(app, tuple(name.split(".")), others)
    elif others and app.settings is not None:
        fields = [leaf.field for leaf in app.settings_class().leaves().values()]
        secret |= {name for field in fields if field.secret for name in field.variables_in(environ)} & others
        proxies = (old.variable for field in fields if field.path == ("proxy",) for old in field.old)
        secret |= {name for name in proxies if "@" in environ.get(name, "")}
    return secret


def _variables_of_setting(app: AppIdentity, path: tuple[str, ...], names: Iterable[str]) -> set[str]:
    """Return the names of the variables that may give a setting, or a part of it, without importing its class."""
    own = app.field(path).variable
    tables = {app.field(path[:depth]).variable for depth in range(1, len(path))}
    return {name for name in names if name == own or name in tables or name.startswith(f"{own}__")}


def _tokens_of_references(store: ProfileStore, environ: Mapping[str, str], ignored: set[str]) -> set[str]:
    """Return the variables that hold a token and that a profile's token reference names.

    Profiles are read only if some variable holds what may be a token of the app, and are parsed only if they contain
    that variable's name: there may be 10,000.
    """
    prefixes = store.app.token_prefixes or ("",)
    possible = {
        name
        for name, value in environ.items()
        if value and name not in ignored and any(prefix in value for prefix in prefixes)
    }
    found: set[str] = set()
    for name in sorted(store.profiles.names()) if possible else ():
        found |= _variables_of(store, name, possible - found)
    return found


def _variables_of(store: ProfileStore, name: str, possible: set[str]) -> set[str]:
    path = store.profiles.path(name)
    mentioned: set[str] = set()
    try:
        text = files.read(path) or ""
        # A backslash may be part of an escape in which a name is written differently.
        mentioned = {variable for variable in possible if variable in text or "\\" in text}
        if not mentioned:
            return mentioned
        reference = store.profiles.parse(name, toml.parse(text, path)).reference
    except ConfigError:  # no reason to fail another profile's command
        return mentioned
    return mentioned & {"" if reference is None else store.references.variable_of(reference)}
