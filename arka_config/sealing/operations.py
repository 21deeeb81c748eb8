"""Changes of the vault: turn sealing on and off, make a new data key, add and remove unlockers.

Each runs under the store's lock, and is done completely or not at all. Before a token is rewritten, `data-key.json`
records what has begun, and at the end that it is finished. In between, every token opens with the key it is sealed
with, so a kill needs no repair: the next change finishes the unfinished one. After an error, everything is put back.
"""

from __future__ import annotations

import os
import warnings
from functools import partial
from typing import TYPE_CHECKING

from arka_config.errors import ConfigError, ConfigWarning, FileError, SealingError
from arka_config.sealing import cipher
from arka_config.sealing.data_key import DISABLE, ENABLE, REKEY, DataKeyFile, Unlocker, new_key_id
from arka_config.sealing.unlockers import registry
from arka_config.store import files
from arka_config.store.secret_records import record_name
from arka_config.store.tokens import PLAIN, SEALED
from arka_config.text import did_you_mean, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from arka_config.sealing.unlockers.registry import NewUnlocker
    from arka_config.sealing.vault import Vault

    Progress = Callable[[int, int], None]  # called with the number of tokens that are done, and of all


class HalfDone(SealingError):
    """A change failed, and putting everything back failed too. Every token opens; the change can be finished."""


def no_progress(_done: int, _all: int) -> None:
    """Report no progress."""


# On and off


def enable(vault: Vault, unlockers: list[NewUnlocker], progress: Progress = no_progress) -> list[str]:
    """Turn sealing on and seal every plain token and secret; return their names. Finish an interrupted change.

    Raises SealingError if sealing is on, and MalformedFile before any change if a token cannot be read.
    """
    store = vault.store
    with store.lock:
        store.sweep()
        file = vault.file()
        if file is not None and not file.unfinished:
            raise SealingError(
                "sealing is already on", hint=f"{store.app.name} vault status, or {store.app.name} vault add-unlocker"
            )
        if file is not None:
            keys = vault.keys(fresh=True)
            mark_unfinished(vault, file, keys[file.key_id], ENABLE)
            return _finish(vault, file, progress)
        if names := _list_stored(vault, SEALED):
            profile, _, field = names[0].partition(".")
            forget = f"secrets unset {field}" if field else "logout"
            raise SealingError(
                f"there are sealed tokens ({', '.join(names)}), but {vault.path}, which opens them, does not exist",
                hint=f"restore it from a backup, or forget them: {store.app.name} {forget} --profile {profile}",
            )
        data_key = cipher.random_key()
        file = DataKeyFile(store.app.name, new_key_id(), [])
        undo: list[Callable[[], object]] = [vault.close]

        def begin() -> None:
            for each in unlockers:
                file.unlockers.append(_create_unlocker(vault, file, each, data_key, undo))
            undo.append(partial(files.remove, vault.path))
            undo.append(vault.known.forget)
            mark_unfinished(vault, file, data_key, ENABLE)

        names = _list_stored(vault, PLAIN)
        end = partial(mark_finished, vault, file, data_key)
        _rewrite(vault, names, SEALED, progress, begin=begin, end=end, put_back=partial(_run_undo, undo))
        return names


def disable(vault: Vault, progress: Progress = no_progress) -> list[str]:
    """Turn sealing off: write all that is sealed to plain files, and delete the data key. Return the names.

    If no token is sealed, nothing has to be opened: that is the way out if all unlockers are lost.
    """
    with vault.store.lock:
        file = vault.file()
        if file is None and vault.known.forget():
            return []  # the data key's file was removed before
        file = vault.require_file()
        names = _list_stored(vault, SEALED)

        def end() -> None:
            vault.known.forget()
            files.remove(vault.path)

        if names:
            mark = partial(mark_unfinished, vault, file, vault.keys(fresh=True)[file.key_id])
            _rewrite(
                vault,
                names,
                PLAIN,
                progress,
                begin=partial(mark, DISABLE),
                end=end,
                put_back=partial(mark, file.unfinished),
            )
        else:
            end()
        vault.sessions.end_all()
        vault.close()
        for unlocker in file.unlockers:
            registry.kind_of(unlocker, vault.path).forget(vault.context, unlocker)
        return names


# The data key


def rekey(vault: Vault, progress: Progress = no_progress, *, without: Collection[str] = ()) -> list[str]:
    """Make a new data key and seal every token and secret with it; return their names. End every session.

    `without` drops unlockers; the secret of every other one is needed. An interrupted rekey is finished instead,
    unless an unlocker is to be dropped.
    """
    store = vault.store
    with store.lock:
        was_unfinished = vault.require_file().unfinished == REKEY
        finished = finish_interrupted(vault, progress)
        if was_unfinished and not without:
            return finished
        old = vault.require_file()
        old_key = vault.keys(fresh=True)[old.key_id]
        data_key = cipher.random_key()
        file = DataKeyFile(store.app.name, new_key_id(), [])
        for unlocker in old.unlockers:
            if unlocker.name not in without:
                file.unlockers.append(_rewrap(vault, old, unlocker, file, data_key, without))
        file.wrap_previous(old.key_id, old_key, data_key)
        names = _list_stored(vault, SEALED)
        vault.sessions.end_all()
        _rewrite(
            vault,
            names,
            SEALED,
            progress,
            begin=partial(mark_unfinished, vault, file, data_key, REKEY),
            end=partial(mark_finished, vault, file, data_key),
            put_back=partial(mark_unfinished, vault, old, old_key, ""),
        )
        return names


def finish_interrupted(vault: Vault, progress: Progress = no_progress) -> list[str]:
    """Finish an interrupted enable or rekey; return the names of what it sealed.

    Raises SealingError if a disable was interrupted: the user decides whether to finish it.
    """
    with vault.store.lock:
        file = vault.require_file()
        if not file.unfinished:
            return []
        if file.unfinished == DISABLE:
            app = vault.store.app.name
            raise SealingError(
                "'vault disable' was interrupted", hint=f"{app} vault disable, or {app} vault enable to go back"
            )
        vault.keys(fresh=True)
        return _finish(vault, file, progress)


def _finish(vault: Vault, file: DataKeyFile, progress: Progress) -> list[str]:
    names = [name for name in _list_stored(vault, SEALED) if _key_id(vault, name) != file.key_id]
    if file.unfinished == ENABLE:
        names += _list_stored(vault, PLAIN)
    data_key = vault.keys()[file.key_id]
    end = partial(mark_finished, vault, file, data_key)
    put_back = partial(files.write, vault.path, file.text(data_key))
    _rewrite(vault, names, SEALED, progress, begin=vault.keys, end=end, put_back=put_back)
    return sorted(names)


def _list_stored(vault: Vault, storage: str) -> list[str]:
    """The names of what is stored this way: profiles with a token, and `work.webhook_secret` for other secrets.

    An unreadable file counts as plain, since it may hold a token.
    """
    tokens, secrets = vault.store.tokens, vault.store.secrets
    names = [*tokens.names(), *(record_name(*each) for each in secrets.names())]
    return sorted(name for name in names if (tokens.read_storage(name) or PLAIN) == storage)


def _key_id(vault: Vault, name: str) -> str:
    document = vault.store.tokens.read_document(name) or {}
    part = document.get("sealed")
    return str(part.get("key")) if isinstance(part, dict) else ""


# Unlockers


def add_unlocker(vault: Vault, new: NewUnlocker, progress: Progress = no_progress) -> Unlocker:
    """Wrap the data key for one more unlocker."""
    with vault.store.lock:
        finish_interrupted(vault, progress)
        file = vault.require_file()
        if len(file.unlockers) >= registry.MOST_UNLOCKERS:
            raise SealingError(
                f"the vault has {len(file.unlockers)} unlockers, which is the most that it can have",
                hint=f"{vault.store.app.name} vault remove-unlocker NAME first",
            )
        data_key = vault.keys(fresh=True)[file.key_id]
        undo: list[Callable[[], object]] = []
        try:
            unlocker = _create_unlocker(vault, file, new, data_key, undo)
            file.unlockers.append(unlocker)
            vault.write(file, data_key)
        except BaseException:
            _run_undo(undo)
            raise
        return unlocker


def remove_unlockers(vault: Vault, names: Sequence[str], progress: Progress = no_progress) -> list[Unlocker]:
    """Remove unlockers and make a new data key, since a copy of a removed secret opens the old one.

    The secret of each one that stays is needed. Raises SealingError for an unknown one, and if none would stay.
    """
    with vault.store.lock:
        unlockers = {each.name: each for each in vault.require_file().unlockers}
        for name in names:
            if name not in unlockers:
                raise SealingError(
                    f"there is no unlocker '{shorten(name)}'",
                    hint=did_you_mean(name, list(unlockers)) or f"the unlockers are: {', '.join(unlockers)}",
                )
        if not unlockers.keys() - set(names):
            app, last = vault.store.app.name, "' and '".join(dict.fromkeys(names))
            raise SealingError(
                f"'{last}' {'is the last unlocker' if len(unlockers) == 1 else 'are all unlockers'}: without it no "
                "token could be opened",
                hint=f"{app} vault add-unlocker first, or {app} vault disable",
            )
        rekey(vault, progress, without=names)
        removed = [unlockers[name] for name in dict.fromkeys(names)]
        for unlocker in removed:
            registry.kind_of(unlocker, vault.path).forget(vault.context, unlocker)
        return removed


def _create_unlocker(
    vault: Vault, file: DataKeyFile, new: NewUnlocker, data_key: bytes, undo: list[Callable[[], object]]
) -> Unlocker:
    """Create and store a new unlocker's secret; append what reverts that to `undo`."""
    kind = registry.load(new.kind)
    names = {unlocker.name for unlocker in file.unlockers}
    number = sum(unlocker.kind == new.kind for unlocker in file.unlockers) + 1
    while (name := new.kind if number == 1 else f"{new.kind}-{number}") in names:
        number += 1
    unlocker = Unlocker(name, new.kind, {}, os.urandom(cipher.SALT_LENGTH))
    details, secret = kind.create(vault.context, file, new.values, undo)
    unlocker.details = {**details, **kind.parameters}
    unlocker.wrap(data_key, kind.derive(secret, unlocker, vault.path), file)
    return unlocker


def _rewrap(
    vault: Vault, old: DataKeyFile, unlocker: Unlocker, file: DataKeyFile, data_key: bytes, without: Collection[str]
) -> Unlocker:
    """Wrap a new data key for an unlocker of the old one: the same secret, a new salt. Raises SealingError."""
    kind = registry.kind_of(unlocker, vault.path)
    details = {**unlocker.details, **kind.parameters}
    new = Unlocker(unlocker.name, unlocker.kind, details, os.urandom(cipher.SALT_LENGTH))
    try:
        _, secret = vault.find_secret(old, [unlocker])
        new.wrap(data_key, kind.derive(secret, new, vault.path), file)
    except (SealingError, FileError) as error:
        hint, lost = error.hint, [each.name for each in old.unlockers if each.name in {*without, unlocker.name}]
        if len(old.unlockers) > len(lost):
            hint = f"provide it, or remove what is lost: {vault.store.app.name} vault remove-unlocker {' '.join(lost)}"
        raise SealingError(
            f"the new data key cannot be wrapped for unlocker '{unlocker.name}': {error.message}", hint=hint
        ) from None
    return new


# All or nothing


def mark_unfinished(vault: Vault, file: DataKeyFile, data_key: bytes, change: str) -> None:
    """Record in `data-key.json` which change has begun; an empty string means none."""
    file.unfinished = change
    vault.write(file, data_key)


def mark_finished(vault: Vault, file: DataKeyFile, data_key: bytes) -> None:
    """Record that nothing is unfinished, and drop the previous key."""
    file.previous = None
    mark_unfinished(vault, file, data_key, "")


def _rewrite(
    vault: Vault,
    names: list[str],
    storage: str,
    progress: Progress,
    *,
    begin: Callable[[], object],
    end: Callable[[], object],
    put_back: Callable[[], object],
) -> None:
    """Write these tokens and secrets to another storage or under another key, after `begin` and before `end`.

    All are opened before anything is written. After an error, those that were written are put back, and then
    `put_back` is called; not earlier, since one may need what `begin` has written.
    """
    tokens = vault.store.tokens
    texts = {name: files.read(tokens.path(name)) or "" for name in names}
    writers = {name: write for name in names if (write := _open(vault, name, storage)) is not None}
    written: list[str] = []
    try:
        begin()
        for done, (name, write) in enumerate(writers.items()):
            progress(done, len(writers))
            written.append(name)
            write()
        progress(len(writers), len(writers))
        end()
    except BaseException as error:
        _restore(vault, {name: texts[name] for name in reversed(written)}, error)
        put_back()
        raise


def _open(vault: Vault, name: str, storage: str) -> Callable[[], None] | None:
    """Open a stored token or secret, and return what writes it to this storage; None if it is gone."""
    store, (profile, _, field) = vault.store, name.partition(".")
    if field:
        secret = store.secrets.read(profile, field)
        if secret is None:
            return None
        secret.reveal()
        return partial(store.secrets.write, profile, field, secret, storage=storage)
    credential = store.tokens.read(name)
    if credential is None:
        return None
    credential.token.reveal()
    return partial(store.tokens.write, name, credential, storage=storage)


def _restore(vault: Vault, texts: dict[str, str], error: BaseException) -> None:
    for name, text in texts.items():
        try:
            files.write(vault.store.tokens.path(name), text)
        except FileError as another:
            raise HalfDone(
                f"{error if isinstance(error, ConfigError) else 'interrupted'}; and it could not be undone: "
                f"{another.message}. Every token can still be opened",
                hint=f"free some disk space, and run the command again: {vault.store.app.name} vault status",
            ) from None


def _run_undo(undo: list[Callable[[], object]]) -> None:
    """Undo the last step first. A step that fails is a warning, and does not stop the others."""
    for step in reversed(undo):
        try:
            step()
        except ConfigError as error:
            warnings.warn(ConfigWarning(f"not everything could be undone: {error.message}"), stacklevel=2)
