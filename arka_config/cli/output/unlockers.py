"""How the commands of `vault` show an unlocker, and how many tokens there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.sealing.data_key import KEY_FILE, PASSPHRASE

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session
    from arka_config.sealing.data_key import Unlocker


def place(session: Session, unlocker: Unlocker) -> str:
    """Where an unlocker's secret is, in words."""
    details = unlocker.details
    if unlocker.kind == KEY_FILE:
        return session.with_tilde(str(details["path"]))
    if unlocker.kind == PASSPHRASE:
        memory = int(str(details["memory"])) >> 10
        return f"Argon2id, {memory} MiB, {details['passes']} passes, {details['lanes']} lanes"
    return str(details["backend"])


def document(unlocker: Unlocker) -> dict[str, object]:
    """An unlocker as JSON shows it."""
    return {"name": unlocker.name, "kind": unlocker.kind, **unlocker.details}


def tokens(number: int) -> str:
    """`1 token`, `7 tokens`."""
    return f"{number} token{'' if number == 1 else 's'}"
