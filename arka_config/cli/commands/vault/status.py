"""`vault status`: whether sealing is on, what opens the vault, and how tokens are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from arka_config.cli.output import tables, terminal, unlockers
from arka_config.cli.runtime.command import command
from arka_config.sealing.vault import vault_of
from arka_config.text import count_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from arka_config.cli.output.documents.vault import StoredCountsDocument, VaultDocument
    from arka_config.cli.output.tables import Cell
    from arka_config.cli.runtime.session import Session
    from arka_config.sealing.data_key import DataKeyFile


@command()
def status(session: Session) -> None:
    """Show whether sealing is on, what opens the vault, and how tokens are stored.

    Does not prompt, and does not wait for a keyring.
    """
    vault = vault_of(session.store)
    file = vault.file()
    found = _Status(
        file,
        vault.path,
        is_open=file is not None and vault.opens_at_once(),
        sessions=vault.sessions.count(),
        tokens=_count(map(session.store.tokens.read_storage, session.store.tokens.names())),
        secrets=_count(session.store.secrets.read_storage(*name) for name in session.store.secrets.names()),
    )
    if session.json:
        session.show_json(_document(found))
    else:
        tables.show(("VAULT", "VALUE", "PLACE"), _rows(session, found))
    session.store.check_vault_exists()
    if file is not None and not session.json:
        _warn(session, file, found)


class _Status(NamedTuple):
    """The data key's file if sealing is on, and how many sessions, tokens and other secrets there are."""

    file: DataKeyFile | None
    path: str
    is_open: bool
    sessions: int
    tokens: StoredCountsDocument
    secrets: StoredCountsDocument


def _count(storages: Iterable[str | None]) -> StoredCountsDocument:
    """Return how many there are of each kind."""
    kinds = list(storages)
    return {"plain": kinds.count("plain"), "sealed": kinds.count("sealed"), "keyring": kinds.count("keyring")}


def _document(found: _Status) -> VaultDocument:
    file = found.file
    return {
        "enabled": file is not None,
        "path": found.path,
        "open": found.is_open,
        "unfinished": (file.unfinished or None) if file else None,
        "unlockers": [unlockers.document(unlocker) for unlocker in file.unlockers] if file else [],
        "sessions": found.sessions,
        "tokens": found.tokens,
        "secrets": found.secrets,
    }


def _rows(session: Session, found: _Status) -> Iterator[tuple[Cell, ...]]:
    file = found.file
    if file is None:
        yield "sealing", ("off", "dim"), ""
    else:
        yield "sealing", "on", session.short_path(found.path)
        yield "opens", "without asking" if found.is_open else "after unlocking", ""
        for unlocker in file.unlockers:
            yield "unlocker", unlocker.name, unlockers.describe(session, unlocker)
        yield "sessions", str(found.sessions), ""
    for what, counts in (("tokens", found.tokens), ("secrets", found.secrets)):
        for storage, count in counts.items():
            if count:
                yield f"{storage} {what}", str(count), ""


def _warn(session: Session, file: DataKeyFile, found: _Status) -> None:
    """Warn of secrets in plain text, and of a change that was interrupted."""
    app = session.app
    if file.unfinished:
        terminal.warn(
            f"'vault {file.unfinished}' was interrupted, but every token can be opened",
            hint=f"{app.name} vault {file.unfinished}",
        )
    elif found.tokens["plain"] or found.secrets["plain"]:
        amounts = {"token": found.tokens["plain"], "secret": found.secrets["plain"]}
        plain = [count_text(count, noun) for noun, count in amounts.items() if count]
        terminal.warn(
            f"{' and '.join(plain)} in plain text, although sealing is on",
            hint=f"check whose they are, then seal them: {app.name} doctor --fix",
        )
