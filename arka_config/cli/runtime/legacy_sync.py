"""Keep the Node CLI's file in step with the active profile, if config.toml says `legacy_sync = true`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.output import terminal
from arka_config.errors import ConfigError, OriginConflict
from arka_config.precedence.origin import Origin
from arka_config.store.preferences import REFUSE
from arka_config.store.resolution import Resolution

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session
    from arka_config.errors import ExpiredToken
    from arka_config.precedence.credential import EffectiveToken


def update(session: Session) -> None:
    """Update the Node CLI's file after a change of the store. The change is kept, so a failure is only a warning."""
    project = session.app.legacy_project
    try:
        if project is not None and session.store.preferences.legacy_sync:
            _write_active_token(session, project)
    except ConfigError as error:
        terminal.warn(f"the legacy file was not updated: {error.message}", hint=error.hint)


def check_origin(session: Session, effective: EffectiveToken, path: str) -> None:
    """Raise OriginConflict if the Node CLI, which knows one workspace, would send the token to another one.

    Not if the user has allowed this workspace for the file: `allow_origin`.
    """
    from arka_config.exchange.legacy_origins import LegacyOrigins

    default, origin = session.app.default_url(), effective.origin
    if default is None or origin == Origin.of(default):
        return
    if LegacyOrigins(session.store.folders.state).allows(path, str(origin)):
        return
    raise OriginConflict(
        f"the token from {effective.token.place} is for {origin}, and the Node CLI sends the token in "
        f"its file to {default}; nothing was written",
        hint=f"choose another --profile, or add --force if that CLI is set up for {origin}",
    )


def allow_origin(session: Session, effective: EffectiveToken, path: str) -> None:
    """Remember that the Node CLI that reads this file sends its token to the token's workspace."""
    from arka_config.exchange.legacy_origins import LegacyOrigins

    with session.store.lock:
        LegacyOrigins(session.store.folders.state).allow(path, str(effective.origin))


def _is_refused(session: Session, expired: ExpiredToken | None) -> bool:
    """Report a token that has expired. Return whether config.toml says not to use it."""
    if expired is None:
        return False
    terminal.warn(expired.message, hint=expired.hint)
    if session.store.preferences.expiry != REFUSE:
        return False
    terminal.note("the legacy file has no token now: config.toml refuses one that has expired")
    return True


def _write_active_token(session: Session, project: str) -> None:
    """Write the active profile's token to the file, or remove the token there if the profile has none to write."""
    from arka_config.exchange import legacy
    from arka_config.exchange.env_paths import trusted_legacy_path

    prefixes = session.app.token_prefixes
    path = trusted_legacy_path(project, session.environ)
    with session.store.lock:
        active, _ = session.store.selection.read_active()
        effective = None
        if active is not None and session.store.exists(active):
            resolution = Resolution(session.store, {}, profile=active)
            effective = resolution.effective_token()
            if effective is not None and _is_refused(session, resolution.expired_token(effective.token)):
                effective = None
        if effective is not None:
            try:
                check_origin(session, effective, path)
            except OriginConflict as error:
                command = f"{session.app.name} export legacy --profile {active} --force"
                terminal.note(f"the legacy file has no token now: {error.message}")
                terminal.note(f"to allow {effective.origin} there, once and for all: {command}")
                effective = None
        if effective is not None:
            legacy.write_token(path, effective.secret, token_prefix=prefixes)
        elif (stale := legacy.find_token(path, prefixes)) is not None:
            legacy.remove_token(path, stale.key)
