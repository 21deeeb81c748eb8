"""If any byte of any file changes, an error names the file, and a wrong token is never returned."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arka_config import ProfileStore, open_store
from arka_config.errors import (
    ConfigError,
    ConfigWarning,
    FileError,
    MalformedFile,
    NewerFormat,
    SealedFileDamaged,
    SealedFileMoved,
    SealingError,
    WrongKeyFile,
)
from arka_config.sealing import cipher, operations
from arka_config.sealing.unlockers.registry import NewUnlocker
from arka_config.sealing.vault import vault_of
from arka_config.store.json import dumps
from tests.sealing.conftest import again, tokens
from tests.store.samples import all_text, credential, token

if TYPE_CHECKING:
    from collections.abc import Iterator


def paths(store: ProfileStore) -> list[Path]:
    return [Path(store.data_key_path), *(Path(store.tokens.path(name)) for name in ("work", "ci", "eu"))]


def error_after(store: ProfileStore, path: Path, content: bytes) -> ConfigError:
    """Change a file and return the error of reading every token. Fail if every token can be read."""
    whole = path.read_bytes()
    path.write_bytes(content)
    try:
        fresh = again(store)
        with pytest.raises(FileError) as caught:
            tokens(fresh)
        assert caught.value.path == str(path)
        assert str(path) in caught.value.message
        return caught.value
    finally:
        path.write_bytes(whole)


@pytest.mark.slow
@pytest.mark.parametrize("at", range(4), ids=["data-key.json", "work", "ci", "eu"])
def test_flipped_bit_in_any_file_is_detected(sealed: ProfileStore, at: int) -> None:
    operations.add_unlocker(
        vault_of(sealed), NewUnlocker("key-file", path=str(Path(sealed.folders.state, "other.key")))
    )
    path = paths(sealed)[at]
    whole = path.read_bytes()
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 8
        error = error_after(sealed, path, bytes(changed))
        assert isinstance(error, MalformedFile)
        assert token("work") not in all_text(error)


MANY = settings(max_examples=settings().max_examples * 4, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.slow
@MANY
@given(which=st.integers(0, 3), at=st.integers(0, 1 << 20), value=st.integers(1, 255))
def test_changed_byte_in_any_file_is_detected(sealed: ProfileStore, which: int, at: int, value: int) -> None:
    path = paths(sealed)[which]
    changed = bytearray(path.read_bytes())
    changed[at % len(changed)] ^= value
    error_after(sealed, path, bytes(changed))


@pytest.mark.slow
@MANY
@given(
    which=st.integers(0, 3), at=st.integers(0, 1 << 20), extra=st.sampled_from([b" ", b"\n", b"\t", b"0", b"a", b","])
)
def test_added_or_removed_byte_is_detected(sealed: ProfileStore, which: int, at: int, extra: bytes) -> None:
    path = paths(sealed)[which]
    whole = path.read_bytes()
    place = at % (len(whole) + 1)
    error_after(sealed, path, whole[:place] + extra + whole[place:])
    error_after(sealed, path, whole[: place % len(whole)] + whole[place % len(whole) + 1 :])


def leaves(part: dict[str, Any], *path: str) -> Iterator[tuple[str, ...]]:
    """Yield the path of every value in a document that is not an object."""
    for key, value in part.items():
        if isinstance(value, dict):
            yield from leaves(value, *path, key)
        else:
            yield *path, key


def test_recomputed_checksum_does_not_hide_a_change(sealed: ProfileStore) -> None:
    operations.add_unlocker(vault_of(sealed), NewUnlocker("passphrase", passphrase="one"))
    path = Path(sealed.data_key_path)
    whole = json.loads(path.read_text())
    ways = [way for way in leaves(whole) if way not in (("checksum",), ("version",), ("app",))]
    assert len(ways) == 2 + 5 + 7
    for way in ways:
        document = json.loads(path.read_text())
        *above, last = way
        part = document
        for key in above:
            part = part[key]
        old = part[last]
        if isinstance(old, int):
            part[last] = old + 1
        else:
            part[last] = "passphrase" if old == "key-file" else ("1" if old[0] != "1" else "2") + old[1:]
        del document["checksum"]
        document["checksum"] = cipher.digest(dumps(document).encode()).hex()
        error = error_after_changing_the_data_key(sealed, path, dumps(document).encode())
        assert isinstance(error, (SealingError, FileError)), way


def error_after_changing_the_data_key(store: ProfileStore, path: Path, content: bytes) -> ConfigError:
    """Change data-key.json and return the error of opening a token. It may name the key file instead."""
    whole = path.read_bytes()
    path.write_bytes(content)
    try:
        with pytest.raises(ConfigError) as caught:
            again(store).credential("work").token.reveal()
        assert str(path) in caught.value.message or "the key file" in caught.value.message
        return caught.value
    finally:
        path.write_bytes(whole)


def test_flipped_bit_in_an_unfinished_data_key_file_is_detected(
    sealed: ProfileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill_at_the_end(monkeypatch)
    with pytest.raises(SimulatedKill):
        operations.rekey(vault_of(sealed))
    monkeypatch.undo()
    path = Path(sealed.data_key_path)
    whole = path.read_bytes()
    assert b'"previous"' in whole
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 8
        error_after(sealed, path, bytes(changed))


class SimulatedKill(BaseException):
    """Simulates a kill: nothing is restored."""


def kill_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise SimulatedKill

    monkeypatch.setattr(operations, "mark_finished", stop)
    monkeypatch.setattr(operations, "_restore", stop)


def test_swapped_token_files_are_refused(sealed: ProfileStore) -> None:
    for one in ("work", "ci", "eu"):
        for other in {"work", "ci", "eu"} - {one}:
            kept = Path(sealed.tokens.path(one)).read_bytes()
            shutil.copy(sealed.tokens.path(other), sealed.tokens.path(one))
            with pytest.raises(SealedFileMoved, match="stored for another profile") as caught:
                again(sealed).tokens.read(one)
            assert caught.value.path == sealed.tokens.path(one)
            Path(sealed.tokens.path(one)).write_bytes(kept)


def test_swapped_token_file_with_an_edited_name_does_not_open(sealed: ProfileStore) -> None:
    text = Path(sealed.tokens.path("ci")).read_text()
    Path(sealed.tokens.path("work")).write_text(text.replace('"profile": "ci"', '"profile": "work"'))
    with pytest.raises(SealedFileDamaged):
        again(sealed).credential("work").token.reveal()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"origin": "https://arka-ai.com"', '"origin": "https://evil.example"'),
        ('"label": "MacBook Pro"', '"label": "MacBook Air"'),
        ('"label": "MacBook Pro"', '"label": "MacBook Pro",\n  "expires": "2099-01-01T00:00:00Z"'),
        ('  "label": "MacBook Pro",\n', ""),
    ],
)
def test_changed_metadata_of_a_sealed_token_is_detected(sealed: ProfileStore, old: str, new: str) -> None:
    path = Path(sealed.tokens.path("work"))
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    fresh = again(sealed)
    with pytest.raises(SealedFileDamaged, match="damaged or changed"):
        fresh.credential("work").token.reveal()


def test_files_of_another_home_do_not_open(sealed: ProfileStore, tmp_path: Path) -> None:
    other = open_store(sealed.app, {"ARKA_HOME": str(tmp_path / "other")})
    other.log_in("work", credential("ci"))
    operations.enable(vault_of(other), [NewUnlocker("key-file")])
    shutil.copy(other.tokens.path("work"), sealed.tokens.path("work"))
    with pytest.raises(SealingError, match="not sealed with the data key"):
        again(sealed).credential("work").token.reveal()
    shutil.copy(other.data_key_path, sealed.data_key_path)
    with pytest.raises(SealingError, match="is not this machine's vault"):
        again(sealed).credential("work").token.reveal()
    Path(sealed.folders.state, "vault.json").unlink()
    shutil.copy(Path(sealed.folders.state, "vault.key"), Path(other.folders.state, "vault.key"))
    with pytest.raises(WrongKeyFile, match="another vault"):
        again(sealed).credential("work").token.reveal()


def test_data_key_of_another_app_is_refused(sealed: ProfileStore) -> None:
    text = Path(sealed.data_key_path).read_text()
    from arka_config.sealing import data_key

    with pytest.raises(SealedFileMoved, match="belongs to 'arka', not to 'acme'"):
        data_key.parse(text, "data-key.json", "acme")


def test_no_nonce_is_used_twice(sealed: ProfileStore) -> None:
    nonces: list[str] = []
    for _ in range(3):
        operations.rekey(vault_of(sealed))
        documents = [sealed.tokens.read_document(name) or {} for name in ("work", "ci", "eu")]
        nonces += [document["sealed"]["nonce"] for document in documents]
    assert len({*nonces}) == len(nonces) == 9


@pytest.mark.parametrize("file", ["data-key.json", "tokens/work.json"])
def test_newer_format_has_an_error_of_its_own(sealed: ProfileStore, file: str) -> None:
    path = Path(sealed.folders.data, file)
    text = path.read_text()
    path.write_text(text.replace('"version": 1', '"version": 7').replace('"version": 2', '"version": 7'))
    with pytest.raises(NewerFormat, match="format 7 is newer than this program") as caught:
        again(sealed).credential("work").token.reveal()
    assert caught.value.hint == "update this program"


def test_damaged_file_is_not_overwritten(sealed: ProfileStore) -> None:
    path = Path(sealed.tokens.path("work"))
    path.write_bytes(path.read_bytes()[:-9])
    content = path.read_bytes()
    before = Path(sealed.data_key_path).read_bytes()
    for change in (operations.rekey, operations.disable):
        with pytest.raises(MalformedFile):
            change(vault_of(again(sealed)))
    assert (path.read_bytes(), Path(sealed.data_key_path).read_bytes()) == (content, before)
    assert not [name for name in os.listdir(path.parent) if "tmp" in name]


def test_damaged_sealed_token_is_replaced_by_a_sealed_one(sealed: ProfileStore) -> None:
    path = Path(sealed.tokens.path("work"))
    path.write_bytes(path.read_bytes()[:-9])
    sealed.log_in("work", credential("new"))
    assert sealed.credential("work").storage == "sealed"
    assert tokens(sealed)["work"] == token("new")


# What sealing does not protect against: see docs/explanation/threat-model.md


def test_older_file_of_the_same_profile_opens(sealed: ProfileStore) -> None:
    path = Path(sealed.tokens.path("work"))
    older = path.read_bytes()
    sealed.log_in("work", credential("new"))
    path.write_bytes(older)
    assert again(sealed).credential("work").token.reveal() == token("work")


def test_plain_file_in_place_of_a_sealed_one_is_used_with_a_warning(sealed: ProfileStore) -> None:
    sealed.log_in("plain", credential("theirs"), storage="plain")
    shutil.copy(sealed.tokens.path("plain"), sealed.tokens.path("work"))
    with pytest.warns(ConfigWarning, match=r"work\.json is in plain text, although sealing is on") as warned:
        found = again(sealed).credential("work")
    assert (found.storage, found.token.reveal()) == ("plain", token("theirs"))
    assert len(warned) == 1


def test_vault_and_state_folder_lost_together_store_new_tokens_plain(sealed: ProfileStore) -> None:
    os.unlink(sealed.data_key_path)
    Path(sealed.folders.state, "vault.json").unlink()
    store = again(sealed)
    with pytest.raises(SealingError, match="sealing is off"):
        store.log_in("work", credential("new"))
    store.log_in("new", credential("new"))
    assert store.tokens.read_storage("new") == "plain"
