"""`vault status`: whether sealing is on, what opens the vault, and how tokens are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.output import tables, terminal, unlockers
from arka_config.cli.runtime.command import command
from arka_config.sealing.vault import vault_of
from arka_config.store.tokens import PLAIN, STORAGES
from arka_config.text import count_text

if TYPE_CHECKING:
    from arka_config.cli.output.tables import Cell
    from arka_config.cli.runtime.session import Session


@command()
def status(session: Session) -> None:
    """Show whether sealing is on, what opens the vault, and how tokens are stored.

    Does not prompt, and does not wait for a keyring.
    """
    vault, tokens = vault_of(session.store), session.store.tokens
    file = vault.file()
    kinds = [tokens.read_storage(name) for name in tokens.names()]
    counts = {storage: kinds.count(storage) for storage in STORAGES}
    kinds = [session.store.secrets.read_storage(*name) for name in session.store.secrets.names()]
    secrets = {storage: kinds.count(storage) for storage in STORAGES}
    is_open = file is not None and vault.opens_at_once()
    sessions = vault.sessions.count()
    if session.json:
        session.show_json(
            {
                "enabled": file is not None,
                "path": vault.path,
                "open": is_open,
                "unfinished": (file.unfinished or None) if file else None,
                "unlockers": [unlockers.document(unlocker) for unlocker in file.unlockers] if file else [],
                "sessions": sessions,
                "tokens": counts,
                "secrets": secrets,
            }
        )
        return session.store.check_vault_exists()
    rows: list[tuple[Cell, ...]] = [
        ("sealing", "on" if file else ("off", "dim"), session.short_path(vault.path) if file else ""),
    ]
    if file is not None:
        rows.append(("opens", "without asking" if is_open else "after unlocking", ""))
        rows += [("unlocker", unlocker.name, unlockers.describe(session, unlocker)) for unlocker in file.unlockers]
        rows.append(("sessions", str(sessions), ""))
    rows += [(f"{storage} tokens", str(count), "") for storage, count in counts.items() if count]
    rows += [(f"{storage} secrets", str(count), "") for storage, count in secrets.items() if count]
    tables.show(("VAULT", "VALUE", "PLACE"), rows)
    session.store.check_vault_exists()
    if file is not None and (counts[PLAIN] or secrets[PLAIN]) and not file.unfinished:
        amounts = {"token": counts[PLAIN], "secret": secrets[PLAIN]}
        plain = [count_text(count, noun) for noun, count in amounts.items() if count]
        terminal.warn(
            f"{' and '.join(plain)} in plain text, although sealing is on",
            hint=f"check whose they are, then seal them: {session.app.name} doctor --fix",
        )
    if file is not None and file.unfinished:
        terminal.warn(
            f"'vault {file.unfinished}' was interrupted, but every token can be opened",
            hint=f"{session.app.name} vault {file.unfinished}",
        )
