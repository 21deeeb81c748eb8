"""How the `vault` commands show unlockers and count tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from arka_config.cli.output import terminal
from arka_config.sealing.unlockers import registry
from arka_config.sealing.vault import vault_of
from arka_config.text import count_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arka_config.cli.output.documents.vault import SealedDocument, UnlockerDocument, UnsealedDocument
    from arka_config.cli.runtime.session import Session
    from arka_config.sealing.data_key import Unlocker


def describe(session: Session, unlocker: Unlocker) -> str:
    """Return in words where an unlocker's secret is or how it is protected."""
    return session.with_tilde(registry.kind_of(unlocker, session.store.data_key_path).describe(unlocker))


def say_what_it_is(session: Session, unlocker: Unlocker) -> None:
    """Tell the user where a new unlocker's secret is, and what it protects against."""
    kind = registry.kind_of(unlocker, session.store.data_key_path)
    terminal.say(f"  Opened by {unlocker.name}: {describe(session, unlocker)}")
    if text := kind.protection(vault_of(session.store).context, unlocker):
        terminal.say(f"    {text}")


def say_leftover(session: Session, unlocker: Unlocker) -> None:
    """Tell the user about the file that a removed unlocker leaves."""
    path = registry.kind_of(unlocker, session.store.data_key_path).leftover(unlocker)
    if path:
        terminal.say(f"  {session.with_tilde(path)} no longer opens this vault; you can delete it")


def document(unlocker: Unlocker) -> UnlockerDocument:
    """An unlocker as JSON shows it."""
    shown: UnlockerDocument = {"name": unlocker.name, "kind": unlocker.kind}
    shown.update(cast("UnlockerDocument", unlocker.details))  # its kind has checked their keys and types
    return shown


def count_stored(names: Sequence[str]) -> str:
    """Return how much a change of the vault has rewritten: `2 tokens`, or `2 tokens and 1 secret`."""
    others = [name for name in names if "." in name]
    tokens = count_text(len(names) - len(others), "token")
    return f"{tokens} and {count_text(len(others), 'secret')}" if others else tokens


def list_sealed(names: Sequence[str]) -> SealedDocument:
    """Return what it has sealed, for JSON: the profiles, and the records of other secrets, such as
    `work.webhook_secret`."""
    return {
        "sealed": [name for name in names if "." not in name],
        "secrets": [name for name in names if "." in name],
    }


def list_unsealed(names: Sequence[str]) -> UnsealedDocument:
    """The same for what is in plain text now."""
    sealed = list_sealed(names)
    return {"unsealed": sealed["sealed"], "secrets": sealed["secrets"]}
