"""Turning sealing on and off, new data keys, and other unlockers: each under the lock, all or nothing.

`migration.py` says what that means, and does it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.errors import SealingError
from arka_config.sealing import cipher, migration
from arka_config.sealing.data_key import DISABLE, ENABLE, REKEY, DataKeyFile, new_key_id
from arka_config.sealing.migration import SEALED, tell_nobody
from arka_config.sealing.unlockers import registry
from arka_config.store import files
from arka_config.store.tokens import PLAIN
from arka_config.text import did_you_mean, shortened

if TYPE_CHECKING:
    from collections.abc import Callable

    from arka_config.sealing.data_key import Unlocker
    from arka_config.sealing.migration import Told
    from arka_config.sealing.unlockers.registry import NewUnlocker
    from arka_config.sealing.vault import Vault


# On and off


def enable(vault: Vault, wanted: list[NewUnlocker], told: Told = tell_nobody) -> list[str]:
    """Turns sealing on and seals every plain token; the profiles concerned. Finishes what was begun before.

    Raises SealingError where it is on, and MalformedFile before anything is changed where a token cannot be read.
    """
    store = vault.store
    with store.lock:
        store.sweep()
        file = vault.file()
        if file is not None and not file.unfinished:
            raise SealingError(
                "sealing is on already", hint=f"{store.app.name} vault status, or {store.app.name} vault add-unlocker"
            )
        if file is not None:
            keys = vault.keys(fresh=True)
            file.unfinished = ENABLE
            vault.write(file, keys[file.key_id])
            return migration.finish(vault, file, told)
        _check_nothing_is_sealed(vault)
        data_key = cipher.random_key()
        file = DataKeyFile(store.app.name, new_key_id(), [])
        undo: list[Callable[[], object]] = [vault.close]

        def begin() -> None:
            file.unfinished = ENABLE
            for each in wanted:
                file.unlockers.append(registry.made(vault, file, each, data_key, undo))
            undo.append(lambda: files.remove(vault.path))
            vault.write(file, data_key)

        names = migration.stored(vault, PLAIN)
        end = migration.Step(vault, file, data_key).strike_out
        migration.move(vault, names, SEALED, told, begin=begin, end=end, back=lambda: migration.take_back(undo))
        return names


def disable(vault: Vault, told: Told = tell_nobody) -> list[str]:
    """Turns sealing off: puts every sealed token back into a plain file, and drops the data key; the profiles.

    Where nothing is sealed, nothing needs to be opened: that is the way out for who has lost all unlockers.
    """
    with vault.store.lock:
        file = vault.required_file()
        names = migration.stored(vault, SEALED)
        if names:
            _unseal(vault, file, names, told)
        else:
            files.remove(vault.path)
        vault.sessions.end_all()
        vault.close()
        for unlocker in file.unlockers:
            registry.forget(vault, unlocker)
        return names


def _unseal(vault: Vault, file: DataKeyFile, names: list[str], told: Told) -> None:
    data_key, before = vault.keys(fresh=True)[file.key_id], file.unfinished
    step = migration.Step(vault, file, data_key)
    migration.move(
        vault,
        names,
        PLAIN,
        told,
        begin=lambda: step.mark(DISABLE),
        end=lambda: files.remove(vault.path),
        back=lambda: step.mark(before),
    )


# Another key


def rekey(vault: Vault, told: Told = tell_nobody, *, without: str | None = None) -> list[str]:
    """Makes a new data key and seals every token with it; the profiles. Ends every session.

    `without` leaves one unlocker out. The secret of every other one is needed. A rekeying that was begun before is
    finished instead, unless an unlocker is to be left out.
    """
    store = vault.store
    with store.lock:
        was_unfinished = vault.required_file().unfinished == REKEY
        moved = migration.settle(vault, told)
        if was_unfinished and without is None:
            return moved
        old = vault.required_file()
        old_key = vault.keys(fresh=True)[old.key_id]
        data_key = cipher.random_key()
        file = DataKeyFile(store.app.name, new_key_id(), [])
        for unlocker in old.unlockers:
            if unlocker.name != without:
                file.unlockers.append(registry.renewed(vault, old, unlocker, file, data_key))
        file.remember(old.key_id, old_key, data_key)
        names = migration.stored(vault, SEALED)
        vault.sessions.end_all()
        step = migration.Step(vault, file, data_key)
        back = migration.Step(vault, old, old_key).mark
        migration.move(
            vault, names, SEALED, told, begin=lambda: step.mark(REKEY), end=step.strike_out, back=lambda: back("")
        )
        return names


# Other unlockers


def add_unlocker(vault: Vault, wanted: NewUnlocker, told: Told = tell_nobody) -> str:
    """Wraps the data key for one more unlocker; its name."""
    with vault.store.lock:
        migration.settle(vault, told)
        file = vault.required_file()
        data_key = vault.keys(fresh=True)[file.key_id]
        undo: list[Callable[[], object]] = []
        try:
            added = registry.made(vault, file, wanted, data_key, undo)
            file.unlockers.append(added)
            vault.write(file, data_key)
        except BaseException:
            migration.take_back(undo)
            raise
        return added.name


def remove_unlocker(vault: Vault, name: str, told: Told = tell_nobody) -> Unlocker:
    """Takes an unlocker away and makes a new data key, since what it opened is known to who has it."""
    with vault.store.lock:
        file = vault.required_file()
        found = next((unlocker for unlocker in file.unlockers if unlocker.name == name), None)
        names = [unlocker.name for unlocker in file.unlockers]
        if found is None:
            raise SealingError(
                f"there is no unlocker '{shortened(name)}'",
                hint=did_you_mean(name, names) or f"there is {', '.join(names)}",
            )
        if len(names) == 1:
            raise SealingError(
                f"'{name}' is the last unlocker: without it no token could be opened",
                hint=f"{vault.store.app.name} vault add-unlocker first, or {vault.store.app.name} vault disable",
            )
        rekey(vault, told, without=name)
        registry.forget(vault, found)
        return found


def _check_nothing_is_sealed(vault: Vault) -> None:
    lost = migration.stored(vault, SEALED)
    if lost:
        app = vault.store.app.name
        raise SealingError(
            f"there are sealed tokens, of {', '.join(lost)}, and no {vault.path} to open them",
            hint=f"take it from a backup, or forget them: {app} logout --profile {lost[0]}",
        )
