"""Keep the Node CLI's file in step with the active profile, if config.toml says `legacy_sync = true`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.output import terminal
from arka_config.errors import ConfigError, OriginConflict
from arka_config.precedence.origin import Origin
from arka_config.store.resolution import Resolution

if TYPE_CHECKING:
    from arka_config.app_identity import AppIdentity
    from arka_config.cli.runtime.session import Session
    from arka_config.precedence.credential import EffectiveToken


def after_change(session: Session) -> None:
    """Update the Node CLI's file after a change of the store. The change is kept, so a failure is only a warning."""
    project = session.app.legacy_project
    try:
        if project is not None and session.store.preferences.legacy_sync:
            _write_active_token(session, project)
    except ConfigError as error:
        terminal.warn(f"the legacy file was not updated: {error.message}", hint=error.hint)


def check_origin(app: AppIdentity, effective: EffectiveToken) -> None:
    """Raise OriginConflict if the Node CLI, which knows one workspace, would send the token to another one."""
    default = app.default_url()
    if default is not None and effective.origin != Origin.of(default):
        raise OriginConflict(
            f"the token from {effective.token.place} is for {effective.origin}, and the Node CLI sends the token in "
            f"its file to {default}; nothing was written",
            hint=f"choose another --profile, or add --force if that CLI is set up for {effective.origin}",
        )


def _write_active_token(session: Session, project: str) -> None:
    """Write the active profile's token to the file, or remove the token there if the profile has none to write."""
    from arka_config.exchange import legacy
    from arka_config.exchange.env_paths import legacy_path_to_write

    prefix = session.app.token_prefix
    path = legacy_path_to_write(project, session.environ)
    with session.store.lock:
        active, _ = session.store.selection.read_active()
        effective = None
        if active is not None and session.store.exists(active):
            effective = Resolution(session.store, {}, profile=active).effective_token()
        if effective is not None:
            try:
                check_origin(session.app, effective)
            except OriginConflict as error:
                terminal.note(f"the legacy file has no token now: {error.message}")
                effective = None
        if effective is not None:
            legacy.write_token(path, effective.secret, token_prefix=prefix)
        elif (stale := legacy.find_token(path, prefix)) is not None:
            legacy.remove_token(path, stale.key)
