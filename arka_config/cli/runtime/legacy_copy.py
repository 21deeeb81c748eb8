"""The copy of a token in the Node CLI's file: reported, or removed, when a profile's token is removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from arka_config.cli.output import terminal
from arka_config.errors import ConfigError
from arka_config.exchange import legacy
from arka_config.exchange.env_paths import legacy_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from arka_config.cli.runtime.session import Session
    from arka_config.secret import Secret


class LegacyCopy(NamedTuple):
    """A token in the Node CLI's file. `is_ours` is None if that is unknown: nothing can be compared with it."""

    path: str
    token: Secret
    is_ours: bool | None


def find_copy(session: Session, names: Iterable[str], *, any_token: bool = False) -> LegacyCopy | None:
    """Compare the token in the Node CLI's file with these profiles' tokens, before they are removed.

    None if there is no such token. With `any_token`, any token could be theirs. Never asks for a passphrase: a
    sealed token that cannot be read is not compared.
    """
    found = _read(session)
    if found is None:
        return None
    path, token = found
    ask, session.store.ask_passphrase = session.store.ask_passphrase, lambda _: None
    try:
        matches = [_matches(session, name, token) for name in names]
    finally:
        session.store.ask_passphrase = ask
    is_ours = True if True in matches else None if any_token or None in matches else False
    return LegacyCopy(path, token, is_ours)


def report_or_remove(session: Session, copy: LegacyCopy | None, *, remove: bool, command: str = "") -> bool:
    """After the profile's token was removed: remove the copy, or say that it is still there. Return whether removed.

    `command` is what removes it later, if anything does. With `remove`, a token known to be another profile's is kept.
    """
    if copy is None or (copy.is_ours is False and not remove):
        return False
    place = session.with_tilde(copy.path)
    with session.store.lock:
        now = legacy.find_token(copy.path, session.app.token_prefixes)
        if now is None or now.token != copy.token:  # legacy_sync has removed or replaced it
            return False
        if remove and copy.is_ours is not False:
            legacy.remove_token(copy.path, now.key)
            terminal.say(f"Removed the copy in {place}, key '{now.key}'", mark="✓")
            return True
    if remove:
        terminal.note(f"{place} has another token, which stays there")
    else:
        which = "the token" if copy.is_ours else "a token"
        terminal.note(f"{place} still holds {which}" + (f": {command}" if command else ""))
    return False


def note_revoked(session: Session, token: Secret, command: str) -> None:
    """Say if the Node CLI's file has this token, which no longer works, and what to run about it."""
    found = _read(session)
    if found is not None and found[1] == token:
        terminal.note(f"{session.with_tilde(found[0])} has that token too, which no longer works: {command}")


def _read(session: Session) -> tuple[str, Secret] | None:
    """Return the path of the Node CLI's file and the token in it. Warn if it cannot be read."""
    project = session.app.legacy_project
    if project is None:
        return None
    try:
        path = legacy_path(project, session.environ)
        found = legacy.find_token(path, session.app.token_prefixes)
    except ConfigError as error:
        terminal.warn(f"the legacy file may hold a token: {error.message}", hint=error.hint)
        return None
    return None if found is None else (path, found.token)


def _matches(session: Session, name: str, token: Secret) -> bool | None:
    """Whether a profile's stored token is this one; None if the profile has no readable one."""
    try:
        credential = session.store.tokens.read(name)
    except ConfigError:
        return None
    return None if credential is None else credential.token == token
