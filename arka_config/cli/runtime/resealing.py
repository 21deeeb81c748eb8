"""Show a bar while every token is sealed or unsealed, and after Ctrl-C the state of the vault."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from arka_config.cli.output.progress import show_count
from arka_config.cli.runtime.batch import report_on_interrupt
from arka_config.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from arka_config.sealing.vault import Vault


@contextmanager
def show_resealing(vault: Vault, label: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar during a block, and yield the function that updates it."""
    with show_count(label) as update, report_on_interrupt(lambda: [_describe(vault)]):
        yield update


def _describe(vault: Vault) -> str:
    """Say what an interrupted change has left: it is undone, unless it was killed before."""
    try:
        file = vault.file()
    except ConfigError as error:
        return error.lines[0]
    if file is not None and file.unfinished:
        finish = f"{vault.store.app.name} vault {file.unfinished}"
        return f"the change is unfinished, but every token can be opened; to finish it: {finish}"
    return "every token is stored as before"
