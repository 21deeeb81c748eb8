"""Keeps the legacy file in step with the active profile, where the user's config.toml says `legacy_sync = true`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.commands.export.legacy import check_origin
from arka_config.cli.output import terminal
from arka_config.errors import ConfigError, OriginConflict
from arka_config.store.resolution import Resolution

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session
    from arka_config.precedence.credential import TokenInForce


def after_change(session: Session) -> None:
    """Called once the store has changed. The change stands whatever becomes of the copy, so a failure is a warning."""
    project = session.app.legacy_project
    try:
        if project is not None and session.store.preferences.legacy_sync:
            _sync(session, project)
    except ConfigError as error:
        hint = f"; hint: {error.hint}" if error.hint else ""
        terminal.warn(f"the legacy file was not brought in step: {error.message}{hint}")


def _is_for_the_node_cli(session: Session, found: TokenInForce) -> bool:
    """Whether the token is for the one workspace that the Node CLI knows. Another one's is not put into its file."""
    try:
        check_origin(session.app, found)
    except OriginConflict as error:
        terminal.note(f"the legacy file has no token now: {error.message}")
        return False
    return True


def _sync(session: Session, project: str) -> None:
    """Writes the active profile's token, or takes out the one that is there where the active profile has none."""
    from arka_config.exchange import legacy
    from arka_config.exchange.env_paths import legacy_path_to_write

    prefix = session.app.token_prefix
    path = legacy_path_to_write(project, session.environ)
    with session.store.lock:
        active, _ = session.store.selection.active()
        found = None
        if active is not None and session.store.exists(active):
            found = Resolution(session.store, {}, profile=active).token_in_force()
        if found is not None and _is_for_the_node_cli(session, found):
            legacy.write_token(path, found.secret, token_prefix=prefix)
        elif (stale := legacy.find_token(path, prefix)) is not None:
            legacy.remove_token(path, stale.key)
