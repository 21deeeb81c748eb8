"""Writing every token anew, all or nothing: what each change of the vault is made of.

What is begun is written into the data key's file before a token is touched, and struck out at the end. Between the
two every token opens, by whichever key it is sealed with, so a kill needs no repair: the next change finishes what is
unfinished. An error puts everything back.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from arka_config.errors import ConfigError, ConfigWarning, FileError, SealingError
from arka_config.sealing.data_key import DISABLE, ENABLE
from arka_config.store import files
from arka_config.store.tokens import PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from arka_config.sealing.data_key import DataKeyFile
    from arka_config.sealing.vault import Vault

    Told = Callable[[int, int], None]  # how many tokens have been moved, of how many

SEALED = "sealed"


class HalfDone(SealingError):
    """A change failed, and so did putting everything back: every token opens, and the change is to be finished."""


def tell_nobody(_done: int, _all: int) -> None:
    """What is told where nobody listens."""


class Step:
    """The data key's file, and what is written into it before the tokens are moved, and after."""

    def __init__(self, vault: Vault, file: DataKeyFile, data_key: bytes) -> None:
        self._vault = vault
        self._file = file
        self._data_key = data_key

    def mark(self, unfinished: str) -> None:
        """Says what is begun."""
        self._file.unfinished = unfinished
        self._vault.write(self._file, self._data_key)

    def strike_out(self) -> None:
        """Says that nothing is unfinished, and forgets the key before this one."""
        self._file.previous = None
        self.mark("")


def move(
    vault: Vault,
    names: list[str],
    storage: str,
    told: Told,
    *,
    begin: Callable[[], object],
    end: Callable[[], object],
    back: Callable[[], object],
) -> None:
    """Writes these profiles' tokens anew, in this kind, after `begin` and before `end`.

    All are opened before anything is written. An error puts back those that were written, and then calls `back`, which
    must not be called while one of them needs what `begin` has written: a token nobody can open is a token lost.
    """
    tokens = vault.store.tokens
    texts = {name: files.read(tokens.path(name)) or "" for name in names}
    credentials = {name: credential for name in names if (credential := tokens.read(name)) is not None}
    for credential in credentials.values():
        credential.token.reveal()
    written: list[str] = []
    try:
        begin()
        for done, (name, credential) in enumerate(credentials.items()):
            told(done, len(credentials))
            written.append(name)
            tokens.write(name, credential, storage=storage)
        told(len(credentials), len(credentials))
        end()
    except BaseException as error:
        _put_back(vault, {name: texts[name] for name in reversed(written)}, error)
        back()
        raise


def _put_back(vault: Vault, texts: dict[str, str], error: BaseException) -> None:
    for name, text in texts.items():
        try:
            files.write(vault.store.tokens.path(name), text)
        except FileError as another:
            raise HalfDone(
                f"{error if isinstance(error, ConfigError) else 'interrupted'}; and it could not be undone: "
                f"{another.message}. Every token can still be opened",
                hint=f"make room, and run the command again: {vault.store.app.name} vault status",
            ) from None


def take_back(undo: list[Callable[[], object]]) -> None:
    """Takes the last step first, and goes on where one cannot be taken, with a warning."""
    for step in reversed(undo):
        try:
            step()
        except ConfigError as error:
            warnings.warn(ConfigWarning(f"not everything could be put back: {error.message}"), stacklevel=2)


def settle(vault: Vault, told: Told = tell_nobody) -> list[str]:
    """Finishes what was begun and not ended; the profiles concerned. Raises SealingError where that is not plain."""
    with vault.store.lock:
        file = vault.required_file()
        if not file.unfinished:
            return []
        if file.unfinished == DISABLE:
            app = vault.store.app.name
            raise SealingError(
                "turning sealing off was interrupted", hint=f"{app} vault disable, or {app} vault enable to go back"
            )
        vault.keys(fresh=True)
        return finish(vault, file, told)


def finish(vault: Vault, file: DataKeyFile, told: Told) -> list[str]:
    """Moves the tokens that an unfinished sealing or rekeying has not come to; the profiles concerned."""
    names = [name for name in stored(vault, SEALED) if _key_id(vault, name) != file.key_id]
    if file.unfinished == ENABLE:
        names += stored(vault, PLAIN)
    data_key = vault.keys()[file.key_id]
    text = file.text(data_key)
    end = Step(vault, file, data_key).strike_out
    move(vault, names, SEALED, told, begin=vault.keys, end=end, back=lambda: files.write(vault.path, text))
    return sorted(names)


def stored(vault: Vault, storage: str) -> list[str]:
    """The profiles whose tokens are of this kind. What cannot be told counts as plain, since it may hold a token."""
    tokens = vault.store.tokens
    return sorted(name for name in tokens.names() if (tokens.storage(name) or PLAIN) == storage)


def _key_id(vault: Vault, name: str) -> str:
    document = vault.store.tokens.document(name) or {}
    part = document.get("sealed")
    return str(part.get("key")) if isinstance(part, dict) else ""
