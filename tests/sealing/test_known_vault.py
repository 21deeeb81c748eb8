"""The state folder records which vault is the user's. If the data folder has another vault, it is not used."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from arka_config import ProfileStore, open_store
from arka_config.arka import app
from arka_config.errors import MalformedFile, NewerFormat, SealingError, UnsafeFile, WrongKeyFile
from arka_config.sealing import operations
from arka_config.sealing.unlockers import key_file
from arka_config.sealing.unlockers.registry import NewUnlocker
from arka_config.sealing.vault import vault_of
from arka_config.text import quote_path
from tests.sealing.conftest import again, tokens
from tests.store.samples import credential, token

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = ("ci", "eu", "work")
ALL = {word: token(word) for word in WORDS}


@pytest.fixture
def theirs(tmp_path: Path) -> ProfileStore:
    """An attacker's store with a vault that their key file opens."""
    store = open_store(app, {"ARKA_HOME": str(tmp_path / "theirs")})
    operations.enable(vault_of(store), [NewUnlocker("key-file", path=str(tmp_path / "theirs.key"))])
    return store


def known_path(store: ProfileStore) -> Path:
    return Path(store.folders.state, "vault.json")


def known(store: ProfileStore) -> dict[str, object]:
    document: dict[str, object] = json.loads(known_path(store).read_text())
    return document


USES: dict[str, Callable[[ProfileStore], object]] = {
    "log in": lambda store: store.log_in("work", credential("new")),
    "log in to a new profile": lambda store: store.log_in("new", credential("new")),
    "reveal": tokens,
    "rekey": lambda store: operations.rekey(vault_of(store)),
    "disable": lambda store: operations.disable(vault_of(store)),
    "add an unlocker": lambda store: operations.add_unlocker(vault_of(store), NewUnlocker("key-file")),
    "enable": lambda store: operations.enable(vault_of(store), [NewUnlocker("key-file")]),
    "unlock": lambda store: vault_of(store).keys(fresh=True),
}


@pytest.mark.parametrize("use", USES)
def test_replaced_vault_is_refused_at_every_use(sealed: ProfileStore, theirs: ProfileStore, use: str) -> None:
    before = Path(sealed.tokens.path("work")).read_bytes()
    shutil.copy(theirs.data_key_path, sealed.data_key_path)
    with pytest.raises(SealingError, match=r"data-key\.json is not this machine's vault: its key is") as caught:
        USES[use](again(sealed))
    assert (
        caught.value.hint == f"restore your own; if you replaced it yourself: rm {quote_path(str(known_path(sealed)))}"
    )
    assert Path(sealed.tokens.path("work")).read_bytes() == before
    assert not sealed.exists("new")
    assert not again(sealed).vault.opens_at_once()


def test_vault_from_before_a_rekey_is_refused(sealed: ProfileStore) -> None:
    old = Path(sealed.data_key_path).read_bytes()
    operations.rekey(vault_of(sealed))
    Path(sealed.data_key_path).write_bytes(old)
    with pytest.raises(SealingError, match="is not this machine's vault"):
        again(sealed).log_in("new", credential("new"))


def test_command_in_the_hint_accepts_a_replaced_vault(sealed: ProfileStore, theirs: ProfileStore) -> None:
    shutil.copy(theirs.data_key_path, sealed.data_key_path)
    known_path(sealed).unlink()  # as the hint says
    again(sealed).log_in("new", credential("new"))
    assert again(sealed).credential("new").token.reveal() == token("new")
    assert known(sealed)["key"] == vault_of(theirs).require_file().key_id


@pytest.mark.parametrize("storage", [None, "sealed"])
def test_removed_vault_stores_no_new_token(sealed: ProfileStore, storage: str | None) -> None:
    os.unlink(sealed.data_key_path)
    for name in ("new", "work"):
        with pytest.raises(SealingError, match=r"data-key\.json does not exist, but .* says that sealing is on"):
            again(sealed).log_in(name, credential("new"), storage=storage)
    assert not sealed.exists("new")
    again(sealed).log_in("new", credential("new"), storage="plain")
    assert sealed.credential("new").storage == "plain"


def test_disable_gives_up_a_removed_vault(sealed: ProfileStore) -> None:
    os.unlink(sealed.data_key_path)
    assert operations.disable(vault_of(again(sealed))) == []
    assert not known_path(sealed).exists()
    again(sealed).log_in("new", credential("new"))
    assert sealed.credential("new").storage == "plain"


def test_enable_rekey_and_disable_update_what_is_known(store: ProfileStore) -> None:
    vault = vault_of(store)
    operations.enable(vault, [NewUnlocker("key-file")])
    first = vault.require_file().key_id
    assert known(store) == {"version": 1, "key": first}
    assert known_path(store).stat().st_mode & 0o777 == 0o600
    operations.rekey(vault)
    second = vault.require_file().key_id
    assert first != second
    assert known(store) == {"version": 1, "key": second}
    operations.disable(vault)
    assert not known_path(store).exists()
    operations.enable(vault, [NewUnlocker("key-file")])
    assert known(store) == {"version": 1, "key": vault.require_file().key_id}
    assert tokens(again(store)) == ALL


def test_vault_opens_if_the_state_folder_is_lost(store: ProfileStore, tmp_path: Path) -> None:
    operations.enable(vault_of(store), [NewUnlocker("key-file", path=str(tmp_path / "a.key"))])
    shutil.rmtree(store.folders.state)
    assert tokens(again(store)) == ALL
    assert not known_path(store).exists(), "reading writes nothing"
    again(store).log_in("new", credential("new"))
    assert known(store)["key"] == vault_of(store).require_file().key_id


def test_reader_during_a_rekey_accepts_the_new_key(sealed: ProfileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = again(sealed)
    check = vault_of(reader).known.check

    def check_later(key_id: str) -> None:
        monkeypatch.undo()
        operations.rekey(vault_of(again(sealed)))
        check(key_id)

    monkeypatch.setattr(vault_of(reader).known, "check", check_later)
    assert tokens(reader) == ALL


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", '{"version": 1, "key": 3}', '{"version": 1, "key": "XY"}', '{"version": 1, "key": "00"}'],
)
def test_damaged_vault_identity_is_an_error_with_a_hint(sealed: ProfileStore, content: str) -> None:
    known_path(sealed).write_text(content)
    with pytest.raises(MalformedFile) as caught:
        tokens(again(sealed))
    assert caught.value.path == str(known_path(sealed))
    assert f"rm {quote_path(str(known_path(sealed)))}" in caught.value.hint


def test_newer_or_writable_file_is_refused(sealed: ProfileStore) -> None:
    path = known_path(sealed)
    path.write_text(path.read_text().replace('"version": 1', '"version": 2'))
    with pytest.raises(NewerFormat):
        tokens(again(sealed))
    path.chmod(0o622)
    with pytest.raises(UnsafeFile):
        tokens(again(sealed))


# The key file is outside the data folder, at every use


def plant_inside(sealed: ProfileStore, path: str, theirs: ProfileStore) -> ProfileStore:
    """Put a vault in place with its key file at this path. No vault is known, as if the state folder were lost."""
    inside = Path(theirs.folders.data, "inside.key")
    shutil.copy(Path(sealed.folders.state, "vault.key"), inside)
    vault = vault_of(theirs)
    file = vault.require_file()
    data_key = vault.keys()[file.key_id]
    unlocker = file.unlockers[0]
    unlocker.details = {"path": path}
    unlocker.wrap(data_key, key_file.read(str(inside)), file)
    Path(sealed.data_key_path).write_text(file.text(data_key))
    shutil.copy(inside, Path(sealed.folders.data, "vault.key"))
    known_path(sealed).unlink(missing_ok=True)
    return again(sealed)


def test_key_file_in_the_data_folder_is_refused_at_use(
    sealed: ProfileStore, theirs: ProfileStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = Path(sealed.folders.data)
    (tmp_path / "link").symlink_to(data)
    (tmp_path / "key").symlink_to(data / "vault.key")
    monkeypatch.chdir(data)
    for path in (
        data / "vault.key",
        data / "tokens" / ".." / "vault.key",
        tmp_path / "link" / "vault.key",
        tmp_path / "key",
        Path("/proc/self/cwd/vault.key"),
        Path("vault.key"),
    ):
        theirs_again = again(theirs)
        store = plant_inside(sealed, str(path), theirs_again)
        with pytest.raises(WrongKeyFile, match="so it is not used"):
            store.log_in("new", credential("new"))
        assert not store.exists("new")


def test_key_file_reached_through_another_name_of_the_data_folder_is_refused(tmp_path: Path) -> None:
    """If the file system ignores case, or there is a bind mount. The folders are compared by device and inode."""
    data = tmp_path / "data"
    data.mkdir()
    real = os.path.samefile
    other = str(tmp_path / "DATA")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os.path, "samefile", lambda a, b: {a, b} == {other, str(data)} or real(a, b))
        assert key_file.is_below(f"{other}/below/vault.key", str(data))
    assert not key_file.is_below(f"{other}/below/vault.key", str(data))
    assert not key_file.is_below(str(tmp_path / "data-vault" / "vault.key"), str(data))
