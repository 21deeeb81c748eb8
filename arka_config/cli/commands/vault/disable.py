"""`vault disable`: turn sealing off, and write every sealed token to a plain file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.input.options import yes_option
from arka_config.cli.output import unlockers
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.resealing import show_resealing
from arka_config.sealing import operations
from arka_config.sealing.vault import vault_of

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session


@command()
@yes_option
def disable(session: Session, yes: bool) -> None:
    """Turn sealing off: write every sealed token and secret to a plain file.

    Tokens in the OS keyring stay there.
    """
    vault = vault_of(session.store)
    file = vault.file()
    if file is None and not vault.known.read():
        file = vault.require_file()  # which raises
    if file is not None and not yes:
        session.confirm("Write every sealed token to a plain text file?", flag="--yes")
    with show_resealing(vault, "Unsealing") as progress:
        names = operations.disable(vault, progress)
    if file is None:
        message = f"Sealing is off; {session.with_tilde(vault.path)} did not exist"
        return session.report(unlockers.list_unsealed([]), message)
    session.report(
        unlockers.list_unsealed(names), f"Sealing is off; wrote {unlockers.count_stored(names)} in plain text"
    )
    for unlocker in file.unlockers:
        unlockers.say_leftover(session, unlocker)
