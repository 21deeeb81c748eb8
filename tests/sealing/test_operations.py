"""An operation is done completely or not at all, and never weakens a protection silently."""

from __future__ import annotations

import errno
import os
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from arka_config import ProfileStore
from arka_config.errors import (
    ConfigError,
    ConfigWarning,
    FileError,
    InvalidValue,
    MalformedFile,
    SealingError,
    WrongPassphrase,
)
from arka_config.sealing import operations
from arka_config.sealing.operations import HalfDone
from arka_config.sealing.unlockers.registry import NewUnlocker
from arka_config.sealing.vault import Vault, vault_of
from arka_config.store import files
from tests.sealing.conftest import again, tokens
from tests.sealing.memory_keyring import MemoryKeyring
from tests.store.samples import EU_URL, credential, read_tree, token

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = ("ci", "eu", "work")
ALL = {word: token(word) for word in WORDS}


def find_files(folder: str, content: str) -> list[str]:
    """Return the files below a folder that contain a text."""
    return [name for name, whole in read_tree(folder).items() if content.encode() in whole]


def home_of(store: ProfileStore) -> str:
    return os.path.dirname(store.folders.data)


def storages(store: ProfileStore) -> dict[str, str | None]:
    return {name: store.tokens.read_storage(name) for name in store.names()}


# On and off


def test_enable_leaves_no_plain_token_anywhere(store: ProfileStore) -> None:
    left = Path(store.tokens.folder, ".work.json.0123456789ab.arka-tmp")
    left.write_text(token("work"))  # as a killed writer leaves it
    assert find_files(home_of(store), token("work"))
    told: list[tuple[int, int]] = []
    assert operations.enable(vault_of(store), [NewUnlocker("key-file")], lambda *at: told.append(at)) == list(WORDS)
    for word in WORDS:
        assert find_files(home_of(store), token(word)) == []
        assert find_files(home_of(store), token(word)[5:25]) == []
    assert not left.exists()
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert storages(store) == dict.fromkeys(WORDS, "sealed")
    assert tokens(again(store)) == ALL


def test_disable_restores_the_plain_files(store: ProfileStore) -> None:
    before = read_tree(store.tokens.folder)
    operations.enable(vault_of(store), [NewUnlocker("key-file")])
    assert operations.disable(vault_of(store)) == list(WORDS)
    assert read_tree(store.tokens.folder) == before
    assert not store.vault.is_enabled
    assert tokens(again(store)) == ALL


def test_disable_needs_no_unlocker_once_sealed_tokens_are_forgotten(sealed: ProfileStore) -> None:
    Path(sealed.folders.state, "vault.key").unlink()
    lost = again(sealed)
    with pytest.raises(SealingError, match="the key file .* does not exist"):
        operations.disable(vault_of(lost))
    for word in WORDS:
        lost.log_out(word)
    assert operations.disable(vault_of(lost)) == []
    assert not lost.vault.is_enabled
    lost.log_in("work", credential("new"))
    operations.enable(vault_of(lost), [NewUnlocker("key-file")])
    assert tokens(again(sealed)) == {"work": token("new")}


def test_operations_refuse_the_wrong_state(sealed: ProfileStore) -> None:
    with pytest.raises(SealingError, match="sealing is already on"):
        operations.enable(vault_of(sealed), [NewUnlocker("key-file")])
    operations.disable(vault_of(sealed))
    for change in (operations.disable, operations.rekey):
        with pytest.raises(SealingError, match="sealing is off") as caught:
            change(vault_of(sealed))
        assert caught.value.hint == "arka vault enable"


def test_unreadable_token_stops_enable_before_any_change(store: ProfileStore) -> None:
    Path(store.tokens.path("ci")).write_text("{")
    before = read_tree(home_of(store))
    with pytest.raises(MalformedFile, match=store.tokens.path("ci")):
        operations.enable(vault_of(store), [NewUnlocker("key-file")])
    assert read_tree(home_of(store)) == before


def test_enable_refuses_sealed_tokens_without_their_data_key(sealed: ProfileStore) -> None:
    os.unlink(sealed.data_key_path)
    with pytest.raises(SealingError, match="sealed tokens \\(ci, eu, work\\), but .*data-key.json"):
        operations.enable(vault_of(again(sealed)), [NewUnlocker("key-file")])
    with pytest.raises(SealingError, match="sealed with the data key in .*data-key.json, which does not exist"):
        again(sealed).credential("work").token.reveal()


CHANGES: dict[str, Callable[[ProfileStore], object]] = {
    "enable": lambda store: operations.enable(vault_of(store), [NewUnlocker("key-file")]),
    "rekey": lambda store: operations.rekey(vault_of(store)),
    "disable": lambda store: operations.disable(vault_of(store)),
}


def run_until_error(
    change: Callable[[ProfileStore], object], store: ProfileStore, monkeypatch: pytest.MonkeyPatch
) -> ConfigError | None:
    """Return the error of a change, and then give the disk room again."""
    try:
        change(again(store))
    except (FileError, HalfDone) as error:
        return error
    finally:
        monkeypatch.undo()
    return None


@pytest.mark.parametrize("change", CHANGES)
def test_error_at_any_write_restores_everything(
    store: ProfileStore, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    if change != "enable":
        operations.enable(vault_of(store), [NewUnlocker("key-file")])
    before = read_tree(home_of(store))
    write, remove = files.write, files.remove
    for step in range(1, 20):
        left = step

        def full(path: str, *rest: object, real: Callable[..., bool] = write) -> bool:
            nonlocal left
            left -= 1
            if not left:
                raise files.failure("write", path, OSError(errno.ENOSPC, "No space left on device"))
            return real(path, *rest)

        monkeypatch.setattr(files, "write", full)
        monkeypatch.setattr(files, "remove", lambda path: full(path, real=remove))
        error = run_until_error(CHANGES[change], store, monkeypatch)
        if error is None:
            assert step > 4
            return
        assert "no space left" in error.message
        assert read_tree(home_of(store)) == before, f"after an error at step {step}"
    pytest.fail("it never came to an end")


@pytest.mark.parametrize("change", CHANGES)
def test_disk_that_stays_full_leaves_every_token_readable(
    store: ProfileStore, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    if change != "enable":
        operations.enable(vault_of(store), [NewUnlocker("key-file")])
    write = files.write
    for allowed in range(8):
        left = allowed

        def full(path: str, text: str, write: Callable[..., bool] = write) -> bool:
            nonlocal left
            left -= 1
            if left < 0:
                raise files.failure("write", path, OSError(errno.ENOSPC, "No space left on device"))
            return write(path, text)

        monkeypatch.setattr(files, "write", full)
        error = run_until_error(CHANGES[change], store, monkeypatch)
        assert error is None or "no space left" in error.message
        assert not isinstance(error, HalfDone) or "Every token can still be opened" in error.message
        assert tokens(again(store)) == ALL
        if (file := vault_of(store).file()) is not None and file.unfinished:
            CHANGES["disable" if file.unfinished == "disable" else "enable"](again(store))
        if store.vault.is_enabled and change == "enable":
            operations.disable(vault_of(again(store)))
        if not store.vault.is_enabled and change != "enable":
            operations.enable(vault_of(again(store)), [NewUnlocker("key-file")])
        assert tokens(again(store)) == ALL


def test_interrupt_restores_everything(store: ProfileStore) -> None:
    before = read_tree(home_of(store))

    def interrupt(done: int, _: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        operations.enable(vault_of(store), [NewUnlocker("key-file")], interrupt)
    assert read_tree(home_of(store)) == before


# Another key


def test_rekey_reseals_every_file_and_drops_the_old_key(sealed: ProfileStore) -> None:
    before, old = read_tree(sealed.folders.data), vault_of(sealed).keys().current
    assert operations.rekey(vault_of(sealed)) == list(WORDS)
    after = read_tree(sealed.folders.data)
    assert all(after[name] != whole for name, whole in before.items())
    assert all(old.encode() not in whole for whole in after.values())
    assert tokens(again(sealed)) == ALL


def test_credential_read_before_a_rekey_opens_after_it(sealed: ProfileStore) -> None:
    reader = again(sealed)
    read = {name: reader.credential(name) for name in WORDS}
    read["ci"].token.reveal()
    operations.rekey(vault_of(sealed))
    assert {name: found.token.reveal() for name, found in read.items()} == ALL


def test_credential_read_before_disable_opens_after_it(sealed: ProfileStore) -> None:
    read = {name: again(sealed).credential(name) for name in WORDS}
    operations.disable(vault_of(sealed))
    assert {name: found.token.reveal() for name, found in read.items()} == ALL


def test_reader_during_disable_gets_its_token(sealed: ProfileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = again(sealed)
    read = reader.credential("work")
    keys = Vault.keys

    def late(vault: Vault, *rest: Any, **options: Any) -> object:
        monkeypatch.undo()
        operations.disable(vault_of(sealed))  # when the reader has seen that sealing is on
        return keys(vault, *rest, **options)

    monkeypatch.setattr(Vault, "keys", late)
    assert read.token.reveal() == token("work")


def test_reader_never_gets_a_token_of_another_origin(sealed: ProfileStore) -> None:
    read = again(sealed).credential("work")
    operations.rekey(vault_of(sealed))
    sealed.log_in("work", credential("new", EU_URL))
    with pytest.raises(SealingError):
        read.token.reveal()


def test_writer_that_opened_the_vault_before_a_rekey_seals_with_the_new_key(sealed: ProfileStore) -> None:
    writer = again(sealed)
    assert tokens(writer) == ALL
    operations.rekey(vault_of(sealed))
    writer.log_in("new", credential("new"))
    assert tokens(again(sealed)) == {**ALL, "new": token("new")}


# Unlockers


def test_each_unlocker_opens_the_vault_alone(sealed: ProfileStore, memory_keyring: MemoryKeyring) -> None:
    key = Path(sealed.folders.state, "vault.key")
    assert operations.add_unlocker(vault_of(sealed), NewUnlocker("passphrase", passphrase="one")).name == "passphrase"
    assert operations.add_unlocker(vault_of(sealed), NewUnlocker("passphrase", passphrase="two")).name == "passphrase-2"
    assert operations.add_unlocker(vault_of(sealed), NewUnlocker("keyring")).name == "keyring"
    assert operations.add_unlocker(vault_of(sealed), NewUnlocker("key-file", path=f"{key}.2")).name == "key-file-2"
    assert tokens(again(sealed)) == ALL
    key.unlink()
    assert tokens(again(sealed)) == ALL
    Path(f"{key}.2").unlink()
    assert tokens(again(sealed)) == ALL
    memory_keyring.fault = "locked"
    for passphrase in ("one", "two"):
        assert tokens(again(sealed, ARKA_PASSPHRASE=passphrase)) == ALL


def test_key_file_cannot_be_added_twice(sealed: ProfileStore) -> None:
    with pytest.raises(SealingError, match="is already an unlocker"):
        operations.add_unlocker(vault_of(sealed), NewUnlocker("key-file"))


@pytest.mark.parametrize("name", ["two\nlines", "\udc9b", "\u202etxt"])
def test_unprintable_key_file_path_is_refused_before_any_change(
    sealed: ProfileStore, tmp_path: Path, name: str
) -> None:
    before = read_tree(sealed.folders.data)
    path = tmp_path / name / "key"
    with pytest.raises(InvalidValue, match="the key file's path (contains a forbidden character|is not UTF-8 text)"):
        operations.add_unlocker(vault_of(sealed), NewUnlocker("key-file", path=str(path)))
    assert not path.parent.exists()
    assert read_tree(sealed.folders.data) == before
    assert tokens(again(sealed)) == ALL


def test_removed_unlocker_opens_nothing(sealed: ProfileStore) -> None:
    operations.add_unlocker(vault_of(sealed), NewUnlocker("passphrase", passphrase="one"))
    old = vault_of(sealed).keys().current
    operations.remove_unlockers(vault_of(sealed), ["passphrase"])
    assert vault_of(sealed).keys().current != old
    Path(sealed.folders.state, "vault.key").unlink()
    with pytest.raises(SealingError, match="the key file"):
        tokens(again(sealed, ARKA_PASSPHRASE="one"))


def test_remove_refuses_the_last_and_an_unknown_unlocker(sealed: ProfileStore) -> None:
    before = read_tree(sealed.folders.data)
    with pytest.raises(SealingError, match="'key-file' is the last unlocker"):
        operations.remove_unlockers(vault_of(sealed), ["key-file"])
    with pytest.raises(SealingError, match="there is no unlocker 'keyfile'") as caught:
        operations.remove_unlockers(vault_of(sealed), ["keyfile"])
    assert caught.value.hint == "did you mean 'key-file'?"
    assert read_tree(sealed.folders.data) == before


def test_lost_unlockers_are_removed_together_with_one_that_opens_the_vault(sealed: ProfileStore) -> None:
    """The key file and one of two passphrases are lost. Each command names the way out."""
    for word in ("mine", "theirs"):
        operations.add_unlocker(vault_of(sealed), NewUnlocker("passphrase", passphrase=word))
    Path(sealed.folders.state, "vault.key").unlink()
    store = again(sealed, ARKA_PASSPHRASE="mine")
    remove = "provide it, or remove what is lost: arka vault remove-unlocker"
    changes: dict[str, Callable[[], object]] = {
        "key-file": lambda: operations.rekey(vault_of(store)),
        "key-file passphrase-2": lambda: operations.remove_unlockers(vault_of(store), ["key-file"]),
    }
    for names, change in changes.items():
        with pytest.raises(SealingError, match="cannot be wrapped") as caught:
            change()
        assert caught.value.hint == f"{remove} {names}"
    with pytest.raises(SealingError, match="cannot be wrapped for unlocker 'key-file'") as caught:
        operations.remove_unlockers(vault_of(store), ["passphrase-2"])
    assert caught.value.hint == f"{remove} key-file passphrase-2"
    removed = operations.remove_unlockers(vault_of(store), ["key-file", "passphrase-2"])
    assert [unlocker.name for unlocker in removed] == ["key-file", "passphrase-2"]
    assert tokens(again(sealed, ARKA_PASSPHRASE="mine")) == ALL
    with pytest.raises(SealingError):
        tokens(again(sealed, ARKA_PASSPHRASE="theirs"))


def test_all_unlockers_cannot_be_removed_at_once(sealed: ProfileStore) -> None:
    operations.add_unlocker(vault_of(sealed), NewUnlocker("passphrase", passphrase="one"))
    with pytest.raises(SealingError, match="'key-file' and 'passphrase' are all unlockers"):
        operations.remove_unlockers(vault_of(sealed), ["key-file", "passphrase"])


def test_removed_keyring_unlocker_leaves_no_entry_or_warns(sealed: ProfileStore, memory_keyring: MemoryKeyring) -> None:
    operations.add_unlocker(vault_of(sealed), NewUnlocker("keyring"))
    assert len(memory_keyring.entries) == 1
    operations.remove_unlockers(vault_of(sealed), ["keyring"])
    assert memory_keyring.entries == {}
    operations.add_unlocker(vault_of(sealed), NewUnlocker("keyring"))
    memory_keyring.fault = "locked"
    with pytest.warns(ConfigWarning, match="'data key .*' stays in the OS keyring, but opens nothing now"):
        operations.remove_unlockers(vault_of(sealed), ["keyring"])
    assert tokens(again(sealed)) == ALL


def test_rekey_needs_every_remaining_unlocker(sealed: ProfileStore) -> None:
    operations.add_unlocker(vault_of(sealed), NewUnlocker("passphrase", passphrase="one"))
    before = read_tree(sealed.folders.data)
    with pytest.raises(SealingError, match="cannot be wrapped for unlocker 'passphrase'") as caught:
        operations.rekey(vault_of(again(sealed)))
    assert caught.value.hint.endswith("arka vault remove-unlocker passphrase")
    with pytest.raises(SealingError, match="cannot be wrapped for unlocker 'passphrase'"):
        operations.rekey(vault_of(again(sealed, ARKA_PASSPHRASE="wrong")))
    typed = again(sealed)
    typed.ask_passphrase = lambda question: "wrong"
    with pytest.raises(SealingError, match="wrong passphrase") as caught:
        operations.rekey(vault_of(typed))
    assert not isinstance(caught.value, WrongPassphrase)
    assert read_tree(sealed.folders.data) == before
    assert operations.rekey(vault_of(again(sealed, ARKA_PASSPHRASE="one"))) == list(WORDS)


# Which kind a token is kept in


def prefer_storage(store: ProfileStore, storage: str) -> ProfileStore:
    path = Path(store.folders.config, "config.toml")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'storage = "{storage}"')
    return again(store)


def test_new_tokens_are_sealed_and_stored_ones_keep_their_storage(sealed: ProfileStore) -> None:
    sealed.log_in("new", credential("new"))
    assert sealed.tokens.read_storage("new") == "sealed"
    sealed.log_in("new", credential("new"), storage="plain")
    operations.rekey(vault_of(sealed))
    assert sealed.tokens.read_storage("new") == "plain"


def test_storage_preference_applies_to_new_tokens_only(sealed: ProfileStore, memory_keyring: MemoryKeyring) -> None:
    store = prefer_storage(sealed, "keyring")
    store.log_in("new", credential("new"))
    store.log_in("work", credential("newer"))
    assert (store.tokens.read_storage("new"), store.tokens.read_storage("work")) == ("keyring", "sealed")


def test_sealed_storage_without_a_vault_stores_nothing(store: ProfileStore) -> None:
    for where, storage in ((store, "sealed"), (prefer_storage(store, "sealed"), None)):
        with pytest.raises(SealingError, match="sealing is off") as caught:
            where.log_in("new", credential("new"), storage=storage)
        assert caught.value.hint == "arka vault enable"
        assert not store.exists("new")


def test_rename_and_copy_seal_for_the_new_name(sealed: ProfileStore, memory_keyring: MemoryKeyring) -> None:
    sealed.log_in("ring", credential("ring"), storage="keyring")
    sealed.log_in("bare", credential("bare"), storage="plain")
    for name, storage in (("work", "sealed"), ("ring", "keyring"), ("bare", "sealed")):
        with pytest.warns(ConfigWarning, match="plain text") if name == "bare" else nullcontext():
            sealed.copy(name, f"{name}-copy", with_token=True)
            sealed.rename(name, f"{name}-new")
        for other in (f"{name}-copy", f"{name}-new"):
            found = again(sealed).credential(other)
            assert (found.storage, found.token.reveal()) == (storage, token(name))
    assert sealed.credential("work-new").label == "MacBook Pro"
    assert len(memory_keyring.entries) == 2
