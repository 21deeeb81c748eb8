"""Secrets other than the token, in every kind of token store: bound to profile and field, sealed and rekeyed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from arka_config import ProfileStore, Secret, open_store
from arka_config.errors import (
    ConfigWarning,
    InvalidValue,
    MalformedFile,
    NewerFormat,
    SealedFileDamaged,
    SealedFileMoved,
    SealingError,
    UnknownProfile,
    UnsafeFile,
)
from arka_config.sealing import operations
from arka_config.sealing.unlockers.registry import NewUnlocker
from arka_config.sealing.vault import vault_of
from arka_config.store.tokens import KEYRING, PLAIN, SEALED, STORAGES
from tests.sealing.conftest import again
from tests.sealing.memory_keyring import MemoryKeyring
from tests.secretive import app
from tests.store.samples import all_text, credential

pytestmark = pytest.mark.filterwarnings("ignore:.*in plain text, although sealing is on")
CANARY = "hunter-canary 0123456789 ünïcode"
KEY = "-----BEGIN KEY-----\n\tlines\r\nof a key\n-----END KEY-----"


@pytest.fixture(params=STORAGES)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def store(environ: dict[str, str], memory_keyring: MemoryKeyring) -> ProfileStore:
    """A store in which every kind is available, with two profiles."""
    made = open_store(app, environ)
    made.log_in("work", credential("work"))
    made.create("ci", {("description",): "Build"})
    operations.enable(vault_of(made), [NewUnlocker("key-file")])
    return made


def reveal(store: ProfileStore, profile: str = "work", field: str = "webhook_secret") -> str | None:
    secret = again(store).secrets.read(profile, field)
    return None if secret is None else secret.reveal()


def document_of(store: ProfileStore, profile: str = "work", field: str = "webhook_secret") -> dict[str, Any]:
    document: dict[str, Any] = json.loads(Path(store.secrets.path(profile, field)).read_text("utf-8"))
    return document


def put(store: ProfileStore, document: object, profile: str = "work", field: str = "webhook_secret") -> None:
    """Write a record with the same bytes that this program would write, as an attacker might."""
    path = Path(store.secrets.path(profile, field))
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")
    path.chmod(0o600)


@pytest.mark.parametrize("text", [CANARY, KEY, "x", '"quoted" \\ {}'])
def test_secret_is_read_back_exactly(store: ProfileStore, kind: str, text: str) -> None:
    assert store.set_secret("work", "mail.password", Secret(text), storage=kind) == kind
    assert reveal(store, "work", "mail.password") == text
    assert (store.secrets.read_storage("work", "mail.password"), store.secrets.fields("work")) == (
        kind,
        ["mail.password"],
    )
    assert (text in Path(store.secrets.path("work", "mail.password")).read_text("utf-8")) <= (kind == PLAIN)
    assert store.names() == ["ci", "work"], "a record is not a profile"


def test_record_is_private_and_leaves_no_other_file(store: ProfileStore, kind: str, no_umask: None) -> None:
    for text in (CANARY, CANARY, KEY):
        store.set_secret("work", "webhook_secret", Secret(text), storage=kind)
    path = Path(store.secrets.path("work", "webhook_secret"))
    assert sorted(os.listdir(path.parent)) == ["work.json", "work.webhook_secret.json"]
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.warns(ConfigWarning, match="chmod 600"):
        reveal(store)
    path.chmod(0o622)
    with pytest.raises(UnsafeFile):
        reveal(store)


def test_record_in_the_place_of_another_does_not_open(store: ProfileStore, kind: str) -> None:
    store.set_secret("work", "webhook_secret", Secret(CANARY), storage=kind)
    content = Path(store.secrets.path("work", "webhook_secret")).read_bytes()
    for profile, field in (("ci", "webhook_secret"), ("work", "private_key"), ("work", "mail.password")):
        place = Path(store.secrets.path(profile, field))
        place.write_bytes(content)
        place.chmod(0o600)
        with pytest.raises(SealedFileMoved, match="was stored for another profile or setting") as caught:
            again(store).secrets.read(profile, field)
        assert CANARY not in all_text(caught.value)


@pytest.mark.parametrize("storage", [SEALED, KEYRING])
@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"profile": "ci"}, ("ci", "webhook_secret")),
        ({"field": "private_key"}, ("work", "private_key")),
        ({"field": "mail.password"}, ("work", "mail.password")),
    ],
    ids=["profile", "field", "nested field"],
)
def test_secret_does_not_open_for_another_profile_or_field(
    store: ProfileStore, storage: str, changes: dict[str, str], place: tuple[str, str]
) -> None:
    store.set_secret("work", "webhook_secret", Secret(CANARY), storage=storage)
    put(store, document_of(store) | changes, *place)
    with pytest.raises(SealedFileDamaged) as caught:
        reveal(store, *place)
    assert CANARY not in all_text(caught.value)


def test_sealed_secret_and_token_do_not_open_as_each_other(store: ProfileStore) -> None:
    store.set_secret("work", "webhook_secret", Secret(CANARY), storage=SEALED)
    secret, token = document_of(store), json.loads(Path(store.tokens.path("work")).read_text())
    envelope = {"version": 2, "storage": SEALED, "profile": "work"}
    part = {**token["sealed"], "secret": token["sealed"]["token"]}
    del part["token"]
    put(store, {**envelope, "field": "webhook_secret", "sealed": part})
    with pytest.raises(SealedFileDamaged):
        reveal(store)
    part = {**secret["sealed"], "token": secret["sealed"]["secret"]}
    del part["secret"]
    forged = {**envelope, "origin": "https://arka-ai.com", "sealed": part}
    Path(store.tokens.path("work")).write_text(json.dumps(forged, indent=2) + "\n")
    with pytest.raises(SealedFileDamaged):
        again(store).credential("work").token.reveal()


def test_change_of_any_part_of_a_sealed_record_is_detected(store: ProfileStore) -> None:
    store.set_secret("work", "webhook_secret", Secret(CANARY), storage=SEALED)
    path = Path(store.secrets.path("work", "webhook_secret"))
    whole = path.read_bytes()
    for at in range(0, len(whole), 3):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(MalformedFile) as caught:
            reveal(store)
        assert CANARY not in all_text(caught.value)


def test_malformed_record_is_an_error_without_its_content_and_can_be_replaced(store: ProfileStore, kind: str) -> None:
    store.set_secret("work", "webhook_secret", Secret(CANARY), storage=kind)
    path = Path(store.secrets.path("work", "webhook_secret"))
    whole = document_of(store)
    documents: list[object] = [
        CANARY,
        [],
        whole | {"extra": CANARY},
        {**whole, "field": 3},
        {"version": 1, "secret": CANARY},
    ]
    for document in documents:
        put(store, document)
        with pytest.raises(MalformedFile) as caught:
            reveal(store)
        assert caught.value.path == str(path)
        assert CANARY not in all_text(caught.value)
        assert "log in" not in caught.value.hint
    put(store, whole | {"version": 9})
    with pytest.raises(NewerFormat, match="format 9 is newer than this program"):
        reveal(store)
    assert store.unset_secrets("work", ["webhook_secret"]) == ["webhook_secret"]
    store.set_secret("work", "webhook_secret", Secret(KEY), storage=kind)
    assert reveal(store) == KEY


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "is empty"), ("x" * 70_000, "is longer than 65536 characters"), ("a\x1b[31m", r"U\+001B at position 2")],
)
def test_unusable_secret_is_refused_and_the_old_one_stays(store: ProfileStore, text: str, why: str) -> None:
    store.set_secret("work", "webhook_secret", Secret(CANARY))
    with pytest.raises(InvalidValue, match=why):
        store.set_secret("work", "webhook_secret", Secret(text))
    assert reveal(store) == CANARY


@pytest.mark.parametrize("field", ["../../evil", "a/b", "", ".", "a..b", "a b", "webhook-secret"])
def test_name_without_a_setting_is_refused(store: ProfileStore, field: str) -> None:
    for action in (
        lambda: store.set_secret("work", field, Secret(CANARY)),
        lambda: store.secrets.read("work", field),
        lambda: store.unset_secrets("work", [field]),
    ):
        with pytest.raises(InvalidValue):
            action()


def test_secret_of_an_unknown_profile_is_not_stored(store: ProfileStore) -> None:
    with pytest.raises(UnknownProfile):
        store.set_secret("wrok", "webhook_secret", Secret(CANARY))
    assert store.secrets.names() == []


# Sealing


def test_new_secret_is_sealed_while_sealing_is_on_whatever_it_replaces(store: ProfileStore) -> None:
    assert store.set_secret("work", "webhook_secret", Secret(CANARY), storage=PLAIN) == PLAIN
    with pytest.warns(ConfigWarning, match="is in plain text, although sealing is on"):
        reveal(store)
    assert again(store).set_secret("work", "webhook_secret", Secret(KEY)) == SEALED
    assert CANARY not in Path(store.secrets.path("work", "webhook_secret")).read_text("utf-8")


def test_enable_rekey_and_disable_take_secrets_along(environ: dict[str, str]) -> None:
    store = open_store(app, environ)
    store.log_in("work", credential("work"))
    for field, text in (("webhook_secret", CANARY), ("private_key", KEY)):
        assert store.set_secret("work", field, Secret(text)) == PLAIN
    names = ["work", "work.private_key", "work.webhook_secret"]
    assert operations.enable(vault_of(store), [NewUnlocker("key-file")]) == names
    assert document_of(store)["storage"] == SEALED
    before = document_of(store)["sealed"]["key"]
    assert operations.rekey(vault_of(again(store))) == names
    assert document_of(store)["sealed"]["key"] != before
    assert (reveal(store), reveal(store, "work", "private_key")) == (CANARY, KEY)
    assert operations.disable(vault_of(again(store))) == names
    assert (document_of(store)["version"], reveal(store)) == (1, CANARY)


def test_secret_that_is_rekeyed_while_it_is_read_still_opens(store: ProfileStore) -> None:
    store.set_secret("work", "webhook_secret", Secret(CANARY))
    other = again(store)
    secret = other.secrets.read("work", "webhook_secret")
    assert secret is not None
    operations.rekey(vault_of(again(store)))
    assert secret.reveal() == CANARY


def test_secret_without_its_data_key_says_how_to_store_it_again(store: ProfileStore) -> None:
    store.set_secret("work", "webhook_secret", Secret(CANARY))
    os.unlink(store.data_key_path)
    os.unlink(store.known_vault_path)
    with pytest.raises(SealingError, match="which does not exist") as caught:
        reveal(store)
    assert "arka secrets set webhook_secret --profile work" in caught.value.hint
    with pytest.raises(SealingError, match=r"there are sealed tokens \(work, work.webhook_secret\)"):
        operations.enable(vault_of(again(store)), [NewUnlocker("key-file")])


def test_requested_storage_that_is_not_available_stores_nothing(environ: dict[str, str]) -> None:
    store = open_store(app, environ)
    store.create("work", {})
    with pytest.raises(SealingError):
        store.set_secret("work", "webhook_secret", Secret(CANARY), storage=SEALED)
    assert store.secrets.names() == []


def test_no_keyring_entry_outlives_its_record(store: ProfileStore, memory_keyring: MemoryKeyring) -> None:
    for text in (CANARY, KEY):
        store.set_secret("work", "webhook_secret", Secret(text), storage=KEYRING)
        ((_, account),) = memory_keyring.entries
        assert account.startswith("secret work webhook_secret ")
    store.rename("work", "job")
    ((_, account),) = memory_keyring.entries
    assert account.startswith("secret job webhook_secret ")
    assert reveal(store, "job") == KEY
    store.remove("job")
    assert memory_keyring.entries == {}


# Profiles


def test_rename_copy_and_remove_take_secrets_along(store: ProfileStore, kind: str) -> None:
    store.set_secret("work", "webhook_secret", Secret(CANARY), storage=kind)
    store.copy("work", "bare")
    store.copy("work", "twin", with_token=True)
    assert (store.secrets.fields("bare"), store.secrets.fields("twin")) == ([], ["webhook_secret"])
    store.rename("work", "job")
    assert (reveal(store, "job"), reveal(store, "twin"), reveal(store, "work")) == (CANARY, CANARY, None)
    expected = SEALED if kind == PLAIN else kind  # a copy is a new secret
    assert store.secrets.read_storage("job", "webhook_secret") == expected
    store.remove("job")
    assert store.secrets.names() == [("twin", "webhook_secret")]


def test_logout_keeps_secrets(store: ProfileStore) -> None:
    store.set_secret("work", "webhook_secret", Secret(CANARY))
    store.log_out("work")
    assert reveal(store) == CANARY


def test_copy_that_fails_leaves_no_secret(store: ProfileStore, memory_keyring: MemoryKeyring) -> None:
    store.set_secret("work", "webhook_secret", Secret(CANARY))
    store.set_secret("work", "private_key", Secret(KEY), storage=KEYRING)
    memory_keyring.fault = "locked"
    with pytest.raises(SealingError):
        again(store).copy("work", "twin", with_token=True)
    memory_keyring.fault = ""
    assert "twin" not in again(store).names()
    assert [name for name, _ in store.secrets.names()] == ["work", "work"]
