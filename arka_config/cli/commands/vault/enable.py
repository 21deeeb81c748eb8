"""`vault enable`: turns sealing on, and seals every plain token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.input import new_unlockers
from arka_config.cli.output import terminal, unlockers
from arka_config.cli.output.progress import counter
from arka_config.cli.runtime.command import command
from arka_config.sealing import operations
from arka_config.sealing.data_key import KEY_FILE, KINDS, PASSPHRASE
from arka_config.sealing.vault import vault_of
from arka_config.store.tokens import PLAIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arka_config.cli.runtime.session import Session
    from arka_config.sealing.data_key import DataKeyFile


@command()
@click.option("--with", "kinds", multiple=True, type=click.Choice(KINDS), help="What opens it. May be given again.")
@click.option("--key-file", "path", metavar="PATH", help="Where the key file is, or is to be made.")
def enable(session: Session, kinds: Sequence[str], path: str | None) -> None:
    """Turn sealing on: encrypt every stored token, and new ones too.

    Without --with, a key file opens the vault: tokens go on being used without a question, and a copy of the data
    folder alone opens nothing. Tokens in the OS keyring stay there.

    \b
    {app} vault enable --with key-file --key-file /media/stick/arka.key
    {app} vault enable --with passphrase --with keyring
    """
    vault = vault_of(session.store)
    is_begun = (file := vault.file()) is not None and bool(file.unfinished)
    wanted = [] if file is not None else new_unlockers.unlockers(session, kinds or (KEY_FILE,), path)
    with counter("Sealing") as told:
        names = operations.enable(vault, wanted, told)
    now = vault.required_file()
    if session.json:
        session.show_json(
            {
                "path": vault.path,
                "unlockers": [unlockers.document(unlocker) for unlocker in now.unlockers],
                "sealed": names,
                "finished": is_begun,
            }
        )
    terminal.say(f"Sealing is on; sealed {unlockers.tokens(len(names))}", mark="✓")
    _say_what_opens_it(session, now)
    _say_what_stays_plain(session)


def _say_what_opens_it(session: Session, file: DataKeyFile) -> None:
    for unlocker in file.unlockers:
        terminal.say(f"  Opened by {unlocker.name}: {unlockers.place(session, unlocker)}")
    kinds = {unlocker.kind for unlocker in file.unlockers}
    if kinds == {PASSPHRASE}:
        terminal.say(f'  Type it once per shell: eval "$({session.app.name} vault unlock)"')
    if len(file.unlockers) == 1:
        terminal.note("if that is lost, the sealed tokens are lost: keep a copy of it elsewhere, or add an unlocker")


def _say_what_stays_plain(session: Session) -> None:
    preferences = session.store.preferences
    if preferences.storage == PLAIN:
        terminal.warn(
            f'{session.with_tilde(preferences.path)} says storage = "plain": a token of a new profile will not be '
            "sealed",
            hint=f"remove that line from {session.with_tilde(preferences.path)}",
        )
    if preferences.legacy_sync:
        terminal.warn("legacy_sync goes on writing the active profile's token in plain text, for the older program")
