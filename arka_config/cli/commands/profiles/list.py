"""`profiles list`: list the profiles, with their tokens and which one is active."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.output import tables, terminal
from arka_config.cli.output.format import NOT_CHECKED, expiry_cell, token_cell, token_document
from arka_config.cli.runtime.command import command
from arka_config.errors import ConfigError
from arka_config.store.tokens import PLAIN

if TYPE_CHECKING:
    from arka_config.cli.output.documents.profiles import (
        ListedProfileDocument,
        ProfilesDocument,
        UnreadableProfileDocument,
    )
    from arka_config.cli.output.tables import Cell
    from arka_config.cli.runtime.session import Session
    from arka_config.store.profiles import Profile
    from arka_config.store.tokens import Credential


@command(name="list")
def list_(session: Session) -> None:
    """List the profiles.

    A dot marks the active one. A flag, the environment or a pinned directory can select another.
    """
    store = session.store
    active = _read_active(session)
    names = store.names()
    for misnamed in store.profiles.misnamed_files():
        terminal.warn(
            f"{session.with_tilde(store.profiles.folder)}/{misnamed} is not a profile: its name has characters "
            "other than a-z, 0-9, '-' and '_'"
        )
    if session.json:
        document: ProfilesDocument = {
            "active": active,
            "profiles": [_document(session, name, active) for name in names],
        }
        session.show_json(document)
    elif names:
        rows = [_row(session, name, active) for name in names]
        shown = _columns_to_show(rows, _default_url(session))
        tables.show([_COLUMNS[at] for at in shown], [[row[at] for at in shown] for row in rows], keep=3)
    else:
        session.say_no_profiles()


def _read_active(session: Session) -> str | None:
    try:
        return session.store.selection.read_active()[0]
    except ConfigError as error:  # a damaged selection hides no profile
        terminal.show_error(error)
        return None


_COLUMNS = ("", "PROFILE", "TOKEN", "EXPIRES", "LABEL", "USER", "STORAGE", "URL")
_USER, _STORAGE, _URL = 5, 6, 7


def _columns_to_show(rows: list[tuple[Cell, ...]], default: str | None) -> list[int]:
    """Return the indexes of the columns to show: no users if none is known, no storage if it is always plain, and no
    URL if it is always the default."""
    hidden = set()
    if not any(row[_USER] for row in rows):
        hidden.add(_USER)
    if all(row[_STORAGE] in ("", PLAIN) for row in rows):
        hidden.add(_STORAGE)
    if all(row[_URL] in ("", default) for row in rows):
        hidden.add(_URL)
    return [at for at in range(len(_COLUMNS)) if at not in hidden]


def _default_url(session: Session) -> str:
    """The default workspace's URL; the app's own if config.toml cannot be read, which hides no profile."""
    try:
        return session.store.default_url() or ""
    except ConfigError:
        return session.app.default_url() or ""


def _row(session: Session, name: str, active: str | None) -> tuple[Cell, ...]:
    mark: Cell = ("●", "green") if name == active else ""
    bold: Cell = (name, "bold") if name == active else name
    try:
        profile, credential = session.store.profiles.read(name), session.store.tokens.read(name)
        token = token_cell(session, profile, credential)
    except ConfigError as error:  # a broken file does not hide the other profiles
        terminal.show_error(error)
        return (mark, bold, ("unreadable", "red"), "", "", "", "", "")
    url = profile.api_url or (str(credential.origin) if credential else _default_url(session))
    label = credential.label if credential else ""
    return (
        mark,
        bold,
        token,
        _expiry_cell(session, profile, credential),
        label or profile.description or ("—", "dim"),
        credential.user if credential else "",
        credential.storage if credential else "",
        url,
    )


def _expiry_cell(session: Session, profile: Profile, credential: Credential | None) -> Cell:
    if profile.reference is not None:
        return NOT_CHECKED, "dim"
    return ("—", "dim") if credential is None else expiry_cell(session, credential, date=False)


def _document(session: Session, name: str, active: str | None) -> ListedProfileDocument | UnreadableProfileDocument:
    is_active = name == active
    try:
        profile, credential = session.store.profiles.read(name), session.store.tokens.read(name)
        token = token_document(session, profile, credential)
    except ConfigError as error:
        return {"name": name, "active": is_active, "error": session.app.redact(error.message)}
    return {
        "name": name,
        "active": is_active,
        "description": profile.description or None,
        "api_url": profile.api_url or None,
        "token": token,
    }
