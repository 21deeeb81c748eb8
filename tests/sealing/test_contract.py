"""The contract that every token store in `STORAGES` keeps."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from arka_config import Credential, Origin, ProfileStore, Secret, open_store
from arka_config.arka import app
from arka_config.errors import ConfigWarning, InvalidValue, MalformedFile, UnsafeFile
from arka_config.sealing import operations
from arka_config.sealing.unlockers.registry import NewUnlocker
from arka_config.sealing.vault import vault_of
from arka_config.store.token_files import TokenFiles
from arka_config.store.tokens import STORAGES
from tests.sealing.memory_keyring import MemoryKeyring
from tests.store.samples import HOME_URL, all_text, credential, fields_of, read_tree

CANARY = "arka_canary_0123456789abcdefghijklmnopqrs"


@pytest.fixture(params=STORAGES)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def empty(kind: str, environ: dict[str, str], memory_keyring: MemoryKeyring) -> ProfileStore:
    """A store without tokens. Every kind of storage is available."""
    store = open_store(app, environ)
    operations.enable(vault_of(store), [NewUnlocker("key-file")])
    return store


def files_of(store: ProfileStore, kind: str) -> TokenFiles:
    """Return token files that store new tokens in this kind of storage."""
    return TokenFiles(
        store.tokens.folder,
        kinds=STORAGES,
        make_kind=store.tokens.kind,
        choose=lambda current: current or kind,
        on_plain=lambda *_: None,
    )


@pytest.fixture
def tokens(kind: str, empty: ProfileStore) -> TokenFiles:
    return files_of(empty, kind)


@pytest.fixture
def folder(tokens: TokenFiles) -> Path:
    return Path(tokens.folder)


FULL = {
    "label": "Work läptop 👩‍💻",
    "created": "2026-11-24T09:00:00Z",
    "expires": "2027-02-28T23:59:59Z",
    "user": "ada@example.com",
}


def test_token_store_reports_its_kind(tokens: TokenFiles, kind: str) -> None:
    assert tokens.kind(kind).kind == kind
    tokens.write("work", credential())
    found = tokens.read("work")
    assert found is not None
    assert (found.storage, tokens.read_storage("work")) == (kind, kind)


@pytest.mark.parametrize("expires", ["", "never", "2027-02-28T23:59:59Z"])
def test_expiry_is_kept_and_unknown_if_it_is_missing(tokens: TokenFiles, expires: str) -> None:
    tokens.write("work", credential(expires=expires))
    found = tokens.read("work")
    assert found is not None
    assert (found.expires, found.token.reveal()) == (expires, credential().token.reveal())
    assert f'"expires": "{expires}"' in Path(tokens.path("work")).read_text() or not expires


def test_empty_token_store_creates_no_folder(tokens: TokenFiles, folder: Path) -> None:
    assert (tokens.names(), tokens.holds("work"), tokens.read("work"), tokens.remove("work")) == (
        set(),
        False,
        None,
        False,
    )
    assert not folder.exists()


@pytest.mark.parametrize("details", [{}, FULL, {"label": "only a label"}], ids=["bare", "full", "labelled"])
@pytest.mark.parametrize("url", [HOME_URL, "https://eu.arka-ai.com:8443", "http://localhost:8000"])
def test_credential_is_read_back_completely(tokens: TokenFiles, details: dict[str, str], url: str) -> None:
    kept = credential("work", url, **details)
    tokens.write("work", kept)
    assert tokens.holds("work")
    assert fields_of(tokens.read("work")) == fields_of(kept)


def test_second_process_reads_the_credential(tokens: TokenFiles, kind: str, environ: dict[str, str]) -> None:
    tokens.write("work", credential("work", **FULL))
    second = files_of(open_store(app, environ), kind)
    assert fields_of(second.read("work")) == fields_of(credential("work", **FULL))


def test_write_replaces_the_previous_credential(tokens: TokenFiles) -> None:
    tokens.write("work", credential("first", **FULL))
    tokens.write("work", credential("second"))
    assert fields_of(tokens.read("work")) == fields_of(credential("second"))


def test_profiles_do_not_share_credentials(tokens: TokenFiles) -> None:
    for name in ("work", "work-2", "work_2"):
        tokens.write(name, credential(name))
    assert tokens.names() == {"work", "work-2", "work_2"}
    assert tokens.remove("work")
    assert not tokens.holds("work")
    assert not tokens.remove("work")
    assert tokens.names() == {"work-2", "work_2"}
    assert fields_of(tokens.read("work-2")) == fields_of(credential("work-2"))


def test_token_files_and_their_folder_are_private(tokens: TokenFiles, folder: Path, no_umask: None) -> None:
    tokens.write("work", credential())
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} <= {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert Path(tokens.path("work")).parent == folder


def test_write_leaves_no_other_file(tokens: TokenFiles, folder: Path) -> None:
    for word in ("first", "second", "second"):
        tokens.write("work", credential(word))
    assert read_tree(str(folder)).keys() <= {os.path.basename(tokens.path("work"))}


@pytest.mark.parametrize("part", ["label", "user", "created", "expires"])
def test_control_character_is_refused_and_the_old_credential_stays(tokens: TokenFiles, part: str) -> None:
    tokens.write("work", credential("old"))
    with pytest.raises(InvalidValue, match=rf"the {part} contains a forbidden character: U\+001B at position 4"):
        tokens.write("work", credential("new", **{part: "red\x1b[31m"}))
    assert fields_of(tokens.read("work")) == fields_of(credential("old"))


def test_token_with_a_line_break_is_refused_and_not_shown(tokens: TokenFiles) -> None:
    with pytest.raises(InvalidValue, match="the token contains a forbidden character") as caught:
        tokens.write("work", Credential(Secret(CANARY + "\n"), Origin.of(HOME_URL)))
    assert CANARY not in all_text(caught.value)
    assert not tokens.holds("work")


def test_repr_of_a_credential_hides_the_token(tokens: TokenFiles) -> None:
    tokens.write("work", Credential(Secret(CANARY), Origin.of(HOME_URL), label="Work"))
    found = tokens.read("work")
    assert repr(found) == "Credential(https://arka-ai.com, 'Work')"


def test_malformed_file_is_an_error_without_its_content_and_can_be_replaced(tokens: TokenFiles) -> None:
    tokens.write("work", Credential(Secret(CANARY), Origin.of(HOME_URL)))
    path = Path(tokens.path("work"))
    whole = path.read_bytes()
    for content in (b"", whole[:-20], CANARY.encode(), whole + b"}", b"\xff" + whole, b"[]", b"null"):
        path.write_bytes(content)
        with pytest.raises(MalformedFile) as caught:
            tokens.read("work")
        assert caught.value.path == str(path)
        assert CANARY not in all_text(caught.value)
        assert tokens.holds("work")
        assert path.read_bytes() == content
    tokens.write("work", credential("new"))
    assert fields_of(tokens.read("work")) == fields_of(credential("new"))


def test_file_writable_by_others_is_refused_and_readable_by_others_is_a_warning(tokens: TokenFiles) -> None:
    tokens.write("work", credential())
    path = Path(tokens.path("work"))
    path.chmod(0o644)
    with pytest.warns(ConfigWarning, match="chmod 600"):
        assert fields_of(tokens.read("work")) == fields_of(credential())
    path.chmod(0o622)
    with pytest.raises(UnsafeFile):
        tokens.read("work")


def test_token_keeps_its_storage_unless_another_is_requested(tokens: TokenFiles, kind: str) -> None:
    tokens.write("work", credential("first"))
    elsewhere = TokenFiles(
        tokens.folder,
        kinds=STORAGES,
        make_kind=tokens.kind,
        choose=lambda current: current or "plain",
        on_plain=lambda *_: None,
    )
    elsewhere.write("work", credential("second"))
    assert elsewhere.read_storage("work") == kind
    for other in STORAGES:
        elsewhere.write("work", credential(other), storage=other)
        assert (elsewhere.read_storage("work"), fields_of(elsewhere.read("work"))) == (
            other,
            fields_of(credential(other)),
        )


def test_malformed_file_still_reports_its_storage(tokens: TokenFiles, kind: str) -> None:
    tokens.write("work", credential())
    path = Path(tokens.path("work"))
    path.write_bytes(path.read_bytes()[:-20])
    assert tokens.read_storage("work") == kind


def test_no_keyring_entry_outlives_its_file(tokens: TokenFiles, memory_keyring: MemoryKeyring) -> None:
    for word in ("first", "second"):
        tokens.write("work", credential(word))
        assert len(memory_keyring.entries) <= 1
    tokens.remove("work")
    assert memory_keyring.entries == {}


def test_names_ignores_files_with_other_names(tokens: TokenFiles, folder: Path) -> None:
    tokens.write("work", credential())
    for name in ("Work.json", ".work.json.0123.arka-tmp", "work.json~", "con.json", "..json", "notes.txt"):
        (folder / name).write_text("{}")
    assert tokens.names() == {"work"}
