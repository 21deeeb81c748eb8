"""`vault enable`: turn sealing on, and seal every plain token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.input.unlockers import kind_options, new_unlockers
from arka_config.cli.output import terminal, unlockers
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.resealing import show_resealing
from arka_config.sealing import operations
from arka_config.sealing.unlockers import registry
from arka_config.sealing.vault import vault_of
from arka_config.store.tokens import PLAIN

if TYPE_CHECKING:
    from arka_config.cli.output.documents.vault import EnabledVaultDocument
    from arka_config.cli.runtime.session import Session
    from arka_config.sealing.data_key import DataKeyFile

_DEFAULT = next(iter(registry.KINDS))


@command()
@click.option(
    "--with", "kinds", multiple=True, type=click.Choice(list(registry.KINDS)), help="What opens the vault; repeatable."
)
@kind_options
def enable(session: Session, kinds: tuple[str, ...], **options: str | None) -> None:
    """Turn sealing on: encrypt every stored token and secret, and new ones too.

    Without --with, a key file opens the vault: tokens can be used without a prompt, but a copy of the data folder alone
    is useless. Tokens in the OS keyring stay there.

    \b
    {app} vault enable --with key-file --key-file /media/stick/{app}.key
    {app} vault enable --with passphrase --with keyring
    """
    vault = vault_of(session.store)
    file = vault.file()
    new = [] if file is not None else new_unlockers(session, kinds or (_DEFAULT,), options)
    with show_resealing(vault, "Sealing") as progress:
        names = operations.enable(vault, new, progress)
    current = vault.require_file()
    document: EnabledVaultDocument = {
        "path": vault.path,
        "unlockers": [unlockers.document(unlocker) for unlocker in current.unlockers],
        **unlockers.list_sealed(names),
        "finished": file is not None and bool(file.unfinished),
    }
    session.report(document, f"Sealing is on; sealed {unlockers.count_stored(names)}")
    _say_what_opens_it(session, current)
    _warn_of_plain_tokens(session)


def _say_what_opens_it(session: Session, file: DataKeyFile) -> None:
    for unlocker in file.unlockers:
        unlockers.say_what_it_is(session, unlocker)
    if all(registry.load(unlocker.kind).asks for unlocker in file.unlockers):
        terminal.say(f'  Type it once per shell: eval "$({session.app.name} vault unlock)"')
    if len(file.unlockers) == 1:
        terminal.note("if you lose it, the sealed tokens are lost: keep a copy elsewhere, or add another unlocker")


def _warn_of_plain_tokens(session: Session) -> None:
    preferences = session.store.preferences
    if preferences.storage == PLAIN:
        path = session.with_tilde(preferences.path)
        terminal.warn(
            f'{path}: storage = "plain" has no effect while sealing is on: new tokens are sealed',
            hint=f"remove that line from {path}",
        )
    if preferences.legacy_sync:
        terminal.warn("legacy_sync is on: the active profile's token is still written in plain text for the Node CLI")
