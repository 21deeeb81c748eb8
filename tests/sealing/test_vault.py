"""What opens the vault, in which order, and the errors if nothing opens it."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from arka_config import ProfileStore
from arka_config.errors import (
    ConfigError,
    ConfigWarning,
    InvalidSession,
    KeyFileMissing,
    KeyringLocked,
    KeyringTimeout,
    KeyringUnavailable,
    SealingError,
    UnsafeFile,
    VaultLocked,
    WrongKeyFile,
    WrongPassphrase,
)
from arka_config.extras import install_command
from arka_config.sealing import cipher, data_key, operations, os_keyring
from arka_config.sealing.unlockers.registry import NewUnlocker
from arka_config.sealing.vault import vault_of
from arka_config.store.json import dumps
from tests.sealing.conftest import again, tokens
from tests.sealing.memory_keyring import NAME, MemoryKeyring
from tests.store.samples import all_text, credential, token

ALL = {word: token(word) for word in ("work", "ci", "eu")}
PASSPHRASE = "correct horse battery stäple"


def key_path(store: ProfileStore) -> Path:
    return Path(store.folders.state, "vault.key")


def reveal(store: ProfileStore) -> str:
    return store.credential("work").token.reveal()


@pytest.fixture
def passphrase_store(store: ProfileStore) -> ProfileStore:
    """A store that only a passphrase opens."""
    operations.enable(vault_of(store), [NewUnlocker("passphrase", passphrase=PASSPHRASE)])
    return store


def open_with_answer(store: ProfileStore, answer: str) -> tuple[ProfileStore, list[str]]:
    """Open the same store with a user that always gives this answer. Return it with the list of prompts."""
    questions: list[str] = []

    def ask(question: str) -> str:
        questions.append(question)
        return answer

    fresh = again(store)
    fresh.ask_passphrase = ask
    return fresh, questions


# A key file


def test_key_file_opens_every_token_without_a_prompt(sealed: ProfileStore) -> None:
    assert tokens(again(sealed)) == ALL
    assert again(sealed).vault.opens_at_once()
    assert key_path(sealed).stat().st_mode & 0o777 == 0o600
    assert key_path(sealed).read_text().startswith("vault-key-1:")


def test_missing_key_file_is_named(sealed: ProfileStore) -> None:
    key_path(sealed).unlink()
    with pytest.raises(KeyFileMissing, match=f"the key file {key_path(sealed)} does not exist"):
        reveal(again(sealed))
    assert not again(sealed).vault.opens_at_once()


@pytest.mark.parametrize(
    "content", ["", "vault-key-1:", "vault-key-2:" + "0" * 64, "0" * 64, "vault-key-1:" + "g" * 64]
)
def test_file_that_is_not_a_key_file_is_an_error(sealed: ProfileStore, content: str) -> None:
    key_path(sealed).write_text(content)
    with pytest.raises(WrongKeyFile, match="is not a key file"):
        reveal(again(sealed))


def test_key_file_of_another_vault_has_an_error_of_its_own(sealed: ProfileStore) -> None:
    key_path(sealed).write_text(f"vault-key-1:{'00' * 32}\n")
    with pytest.raises(WrongKeyFile, match="does not open .*data-key.json: it belongs to another vault"):
        reveal(again(sealed))


def test_key_file_writable_by_others_is_refused(sealed: ProfileStore) -> None:
    key_path(sealed).chmod(0o622)
    with pytest.raises(UnsafeFile):
        reveal(again(sealed))


def test_other_file_at_the_key_file_path_is_not_overwritten(store: ProfileStore, tmp_path: Path) -> None:
    other = tmp_path / "letter.txt"
    other.touch(0o600)
    other.write_text("Dear Ada,")
    with pytest.raises(WrongKeyFile, match="letter.txt is not a key file") as caught:
        operations.enable(vault_of(store), [NewUnlocker("key-file", path=str(other))])
    assert caught.value.hint == "choose another path: --key-file PATH"
    assert other.read_text() == "Dear Ada,"
    assert not store.vault.is_enabled


def test_key_file_in_the_data_folder_is_refused(store: ProfileStore, tmp_path: Path) -> None:
    inside = Path(store.folders.data, "below", "vault.key")
    with pytest.raises(SealingError, match="is in the data folder"):
        operations.enable(vault_of(store), [NewUnlocker("key-file", path=str(inside))])
    (tmp_path / "link").symlink_to(store.folders.data)
    with pytest.raises(SealingError, match="is in the data folder"):
        operations.enable(vault_of(store), [NewUnlocker("key-file", path=str(tmp_path / "link" / "vault.key"))])
    assert not inside.exists()
    assert not store.vault.is_enabled
    assert tokens(store) == ALL


# A passphrase


def test_passphrase_is_read_from_each_variable(passphrase_store: ProfileStore, tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_text(PASSPHRASE + "\n")
    file.chmod(0o600)
    assert reveal(again(passphrase_store, ARKA_PASSPHRASE=PASSPHRASE)) == token("work")
    assert reveal(again(passphrase_store, ARKA_PASSPHRASE_FILE=str(file))) == token("work")
    command = f'{sys.executable} -c \'print(open("{file}").read(), end="")\''
    assert reveal(again(passphrase_store, ARKA_PASSPHRASE_COMMAND=command)) == token("work")
    assert reveal(again(passphrase_store, ARKA_PASSPHRASE=PASSPHRASE, ARKA_PASSPHRASE_FILE="/nowhere")) == token("work")


def test_decomposed_passphrase_opens_the_vault(passphrase_store: ProfileStore) -> None:
    assert reveal(again(passphrase_store, ARKA_PASSPHRASE=PASSPHRASE.replace("ä", "a\u0308"))) == token("work")


def test_passphrase_command_inherits_no_secret(passphrase_store: ProfileStore, tmp_path: Path) -> None:
    script = tmp_path / "command.py"
    script.write_text(
        f"import os, sys\nsys.exit(any(n.startswith(('ARKA_PASS', 'ARKA_SESS', 'ARKA_API')) for n in os.environ) or "
        f"print({PASSPHRASE!a}))"
    )
    command = f"{sys.executable} -X utf8 {script}"
    assert reveal(again(passphrase_store, ARKA_PASSPHRASE_COMMAND=command, ARKA_API_KEY="x")) == token("work")


@pytest.mark.parametrize(
    ("variable", "value", "why"),
    [
        ("ARKA_PASSPHRASE", "\udcff", "not UTF-8 text"),
        ("ARKA_PASSPHRASE_FILE", "/nowhere", "/nowhere does not exist"),
        ("ARKA_PASSPHRASE_COMMAND", "false", "the command ended with 1"),
        ("ARKA_PASSPHRASE_COMMAND", "/nowhere", "the command cannot be run"),
        ("ARKA_PASSPHRASE_COMMAND", "echo 'x", "an unbalanced quotation mark"),
        ("ARKA_PASSPHRASE_COMMAND", "true", "gives an empty value"),
    ],
)
def test_variable_without_passphrase_is_named(
    passphrase_store: ProfileStore, variable: str, value: str, why: str
) -> None:
    with pytest.raises(SealingError, match=f"{variable}.*{why}"):
        reveal(again(passphrase_store, **{variable: value}))


def test_wrong_passphrase_is_reported_but_not_shown(passphrase_store: ProfileStore) -> None:
    with pytest.raises(WrongPassphrase, match="wrong passphrase in ARKA_PASSPHRASE") as caught:
        reveal(again(passphrase_store, ARKA_PASSPHRASE=PASSPHRASE[::-1]))
    assert PASSPHRASE[::-1] not in all_text(caught.value)


def test_passphrase_prompt_appears_three_times_at_most(passphrase_store: ProfileStore) -> None:
    answers = iter(["wrong", "wrong too", PASSPHRASE])
    fresh = again(passphrase_store)
    fresh.ask_passphrase = lambda question: next(answers)
    assert reveal(fresh) == token("work")

    fresh, questions = open_with_answer(passphrase_store, "wrong")
    with pytest.raises(WrongPassphrase, match="wrong passphrase"):
        reveal(fresh)
    assert questions == ["Passphrase", *["Wrong passphrase, try again"] * 2]


def test_missing_terminal_is_an_error_with_alternatives(passphrase_store: ProfileStore) -> None:
    fresh = again(passphrase_store)
    fresh.ask_passphrase = lambda question: None
    for store in (fresh, again(passphrase_store)):
        with pytest.raises(VaultLocked, match="ARKA_PASSPHRASE is not set, and there is no terminal") as caught:
            reveal(store)
        assert "vault unlock" in caught.value.hint


def test_passphrase_is_asked_for_once_per_process_and_never_by_a_listing(passphrase_store: ProfileStore) -> None:
    fresh, questions = open_with_answer(passphrase_store, PASSPHRASE)
    assert {name: fresh.credential(name).label for name in fresh.names()}["work"] == "MacBook Pro"
    assert not fresh.vault.opens_at_once()
    assert questions == []
    assert tokens(fresh) == ALL
    assert questions == ["Passphrase"]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("memory", 1 << 30),  # KiB: 1 TiB
        ("memory", (256 << 10) + 1),
        ("memory", 10**30),
        ("memory", 1024),
        ("memory", 0),
        ("memory", -1),
        ("passes", 11),
        ("passes", 0),
        ("lanes", 17),
        ("lanes", 0),
    ],
)
def test_argon2_cost_out_of_bounds_is_refused(passphrase_store: ProfileStore, parameter: str, value: int) -> None:
    path = Path(passphrase_store.data_key_path)
    document = json.loads(path.read_text())
    document["unlockers"]["passphrase"][parameter] = value
    del document["checksum"]
    document["checksum"] = cipher.digest(dumps(document).encode()).hex()
    path.write_text(dumps(document))
    began = time.monotonic()
    with pytest.raises(SealingError, match=f"{parameter} is {value}, but must be"):
        reveal(again(passphrase_store, ARKA_PASSPHRASE=PASSPHRASE))
    assert time.monotonic() - began < 2


def test_changed_cost_is_named_if_the_passphrase_does_not_open_the_vault(passphrase_store: ProfileStore) -> None:
    path = Path(passphrase_store.data_key_path)
    document = json.loads(path.read_text())
    document["unlockers"]["passphrase"]["passes"] = 2
    del document["checksum"]
    document["checksum"] = cipher.digest(dumps(document).encode()).hex()
    path.write_text(dumps(document))
    with pytest.raises(WrongPassphrase, match=r"'passphrase' has passes 2 instead of 1") as caught:
        reveal(again(passphrase_store, ARKA_PASSPHRASE=PASSPHRASE))
    assert PASSPHRASE not in str(caught.value)


def test_more_unlockers_than_allowed_are_not_tried(
    passphrase_store: ProfileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(passphrase_store.data_key_path)
    document = json.loads(path.read_text())
    unlocker = document["unlockers"]["passphrase"]
    document["unlockers"] |= {f"passphrase-{number}": unlocker for number in range(2, 18)}
    del document["checksum"]
    document["checksum"] = cipher.digest(dumps(document).encode()).hex()
    path.write_text(dumps(document))
    monkeypatch.setattr(cipher, "stretch", lambda *_args, **_cost: pytest.fail("a passphrase was tried"))
    with pytest.raises(SealingError, match=r"it has 17 unlockers, but may have 16; none was tried"):
        reveal(again(passphrase_store, ARKA_PASSPHRASE=PASSPHRASE))


def test_no_unlocker_is_added_beyond_the_bound(sealed: ProfileStore, tmp_path: Path) -> None:
    for number in range(15):
        operations.add_unlocker(vault_of(sealed), NewUnlocker("key-file", path=str(tmp_path / f"{number}.key")))
    with pytest.raises(SealingError, match="16 unlockers, which is the most") as caught:
        operations.add_unlocker(vault_of(sealed), NewUnlocker("key-file", path=str(tmp_path / "more.key")))
    assert caught.value.hint == "arka vault remove-unlocker NAME first"
    assert not (tmp_path / "more.key").exists()


def test_too_little_memory_has_an_error_of_its_own(
    passphrase_store: ProfileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryptography.hazmat.primitives.kdf import argon2

    class Greedy:
        def __init__(self, **_: object) -> None: ...

        def derive(self, _: bytes) -> bytes:
            raise MemoryError

    monkeypatch.setattr(argon2, "Argon2id", Greedy)
    with pytest.raises(SealingError, match="not enough memory to try a passphrase: it takes 7 MiB"):
        reveal(again(passphrase_store, ARKA_PASSPHRASE=PASSPHRASE))


# The OS keyring


@pytest.fixture
def keyring_store(store: ProfileStore, memory_keyring: MemoryKeyring) -> ProfileStore:
    """A store that only the keyring opens."""
    operations.enable(vault_of(store), [NewUnlocker("keyring")])
    return store


def test_keyring_opens_the_vault_and_is_recorded(keyring_store: ProfileStore, memory_keyring: MemoryKeyring) -> None:
    assert tokens(again(keyring_store)) == ALL
    (unlocker,) = vault_of(keyring_store).require_file().unlockers
    assert unlocker.details["backend"] == NAME
    assert not again(keyring_store).vault.opens_at_once()


@pytest.mark.parametrize(
    ("fault", "kind", "why"),
    [
        ("locked", KeyringLocked, "is locked"),
        ("slow", KeyringTimeout, "did not answer within 0.3 s"),
        ("broken", KeyringUnavailable, r"failed \(OSError\)"),
    ],
)
def test_keyring_failure_is_reported_by_its_kind(
    keyring_store: ProfileStore, memory_keyring: MemoryKeyring, fault: str, kind: type[ConfigError], why: str
) -> None:
    memory_keyring.fault = fault
    with pytest.raises(kind, match=why) as caught:
        reveal(again(keyring_store))
    assert type(caught.value) is kind


def test_missing_keyring_entry_is_an_error(keyring_store: ProfileStore, memory_keyring: MemoryKeyring) -> None:
    memory_keyring.entries.clear()
    with pytest.raises(KeyringUnavailable, match="has no entry 'data key .*' of 'arka'"):
        reveal(again(keyring_store))


def test_other_keyring_is_not_used_in_place_of_the_recorded_one(
    keyring_store: ProfileStore, memory_keyring: MemoryKeyring
) -> None:
    import keyring

    class Another(MemoryKeyring):
        priority = -1

    another = Another()
    another.entries = dict(memory_keyring.entries)
    keyring.set_keyring(another)
    with pytest.raises(
        KeyringUnavailable, match="the current keyring is .*Another, but the entry is in .*MemoryKeyring"
    ):
        reveal(again(keyring_store))
    assert another.calls == 0


def insecure_backends() -> list[object]:
    from keyring.backends.chainer import ChainerBackend
    from keyring.backends.fail import Keyring as Fail
    from keyring.backends.null import Keyring as Null

    plaintext = type("PlaintextKeyring", (MemoryKeyring,), {"priority": -1, "__module__": "keyrings.alt.file"})
    chain = ChainerBackend()  # type: ignore[no-untyped-call]
    return [
        Fail(),  # type: ignore[no-untyped-call]
        Null(),  # type: ignore[no-untyped-call]
        plaintext(),
        chain,
    ]


@pytest.mark.parametrize("at", range(4), ids=["fail", "null", "plaintext", "chain of unknown ones"])
def test_insecure_keyring_is_refused_and_nothing_is_stored(
    store: ProfileStore, memory_keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    import keyring

    backend = insecure_backends()[at]
    if at == 3:
        monkeypatch.setattr(type(backend), "backends", [memory_keyring])
    keyring.set_keyring(backend)  # type: ignore[arg-type]
    with pytest.raises(KeyringUnavailable, match="there is no OS keyring here"):
        store.log_in("new", credential("new"), storage="keyring", api_url="https://eu.arka-ai.com")
    with pytest.raises(KeyringUnavailable, match="there is no OS keyring here"):
        operations.enable(vault_of(store), [NewUnlocker("key-file"), NewUnlocker("keyring")])
    assert not store.exists("new")
    assert not store.vault.is_enabled
    assert not key_path(store).exists()
    assert tokens(store) == ALL
    assert memory_keyring.entries == {}


def test_keyring_that_drops_entries_is_detected(store: ProfileStore, memory_keyring: MemoryKeyring) -> None:
    memory_keyring.fault = "forgetful"
    with pytest.raises(KeyringUnavailable, match="does not return what was stored in it"):
        store.log_in("work", credential("new"), storage="keyring")
    assert tokens(store) == ALL


def test_missing_keyring_package_names_the_extra(store: ProfileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(KeyringUnavailable, match="the 'keyring' package is not installed") as caught:
        store.log_in("work", credential("new"), storage="keyring")
    assert caught.value.hint == install_command("keyring")


def test_keyring_token_with_a_changed_file_is_refused(store: ProfileStore, memory_keyring: MemoryKeyring) -> None:
    store.log_in("work", credential("work", label="MacBook Pro"), storage="keyring")
    path = Path(store.tokens.path("work"))
    assert token("work") not in path.read_text()
    path.write_text(path.read_text().replace("https://arka-ai.com", "https://evil.example"))
    with pytest.raises(ConfigError, match="damaged or changed"):
        reveal(again(store))


def test_log_out_with_a_locked_keyring_warns_of_the_remaining_entry(
    store: ProfileStore, memory_keyring: MemoryKeyring
) -> None:
    store.log_in("work", credential("work"), storage="keyring")
    memory_keyring.fault = "locked"
    with pytest.warns(ConfigWarning, match="a token stays in the OS keyring, as 'token work .*' of 'arka'"):
        assert store.log_out("work")


def test_backend_that_a_file_names_is_not_imported(keyring_store: ProfileStore) -> None:
    with pytest.raises(KeyringUnavailable, match="the current keyring is"):
        os_keyring.get("arka", os_keyring.Entry("antigravity.Keyring", "x"))
    assert "antigravity" not in sys.modules


# Sessions


def session(store: ProfileStore, seconds: float = 60) -> str:
    keys = vault_of(store).keys()
    value, _ = vault_of(store).sessions.begin(keys.current, keys[keys.current], seconds)
    return str(value)


def test_session_opens_the_vault_without_the_passphrase(passphrase_store: ProfileStore) -> None:
    value = session(passphrase_store)
    fresh = again(passphrase_store, ARKA_SESSION=value)
    assert fresh.vault.opens_at_once()
    assert tokens(fresh) == ALL


def test_session_needs_both_its_variable_and_its_file(passphrase_store: ProfileStore) -> None:
    value = session(passphrase_store)
    key = value.partition(".")[2]
    (file,) = Path(passphrase_store.folders.state, "sessions").iterdir()
    assert key not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    file.unlink()
    with pytest.raises(InvalidSession, match="has ended"):
        reveal(again(passphrase_store, ARKA_SESSION=value))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda value: value.replace(".", ""), "was not copied completely"),
        (lambda value: value[:-1], "was not copied completely"),
        (lambda value: f"../../x.{value.partition('.')[2]}", "was not copied completely"),
        (lambda value: value[:-1] + ("0" if value[-1] != "0" else "1"), "does not open"),
        (lambda value: ("0" if value[0] != "0" else "1") + value[1:], "has ended"),
    ],
)
def test_invalid_session_is_reported_with_its_reason(passphrase_store: ProfileStore, change: object, why: str) -> None:
    value = change(session(passphrase_store))  # type: ignore[operator]
    with pytest.raises(InvalidSession, match=f"the session in ARKA_SESSION .*{why}") as caught:
        reveal(again(passphrase_store, ARKA_SESSION=value))
    assert value not in all_text(caught.value)


def test_expired_session_opens_nothing_and_is_removed(passphrase_store: ProfileStore) -> None:
    value = session(passphrase_store, -1)
    with pytest.raises(InvalidSession, match="expired at 20"):
        reveal(again(passphrase_store, ARKA_SESSION=value))
    assert vault_of(passphrase_store).sessions.count() == 0
    session(passphrase_store)
    assert len(list(Path(passphrase_store.folders.state, "sessions").iterdir())) == 1


def test_session_with_a_changed_expiry_does_not_open(passphrase_store: ProfileStore) -> None:
    value = session(passphrase_store)
    (file,) = Path(passphrase_store.folders.state, "sessions").iterdir()
    document = json.loads(file.read_text())
    document["expires"] = "2999-01-01T00:00:00Z"
    file.write_text(dumps(document))
    with pytest.raises(InvalidSession, match="does not open"):
        reveal(again(passphrase_store, ARKA_SESSION=value))


def test_invalid_session_is_a_warning_if_a_key_file_opens_the_vault(sealed: ProfileStore) -> None:
    with pytest.warns(ConfigWarning, match="ARKA_SESSION is not a session: .*; it is ignored"):
        assert reveal(again(sealed, ARKA_SESSION="nonsense")) == token("work")


@pytest.mark.parametrize("change", [operations.rekey, operations.disable])
def test_rekey_and_disable_end_every_session(passphrase_store: ProfileStore, change: object) -> None:
    value = session(passphrase_store)
    passphrase_store.ask_passphrase = lambda question: PASSPHRASE
    change(vault_of(passphrase_store))  # type: ignore[operator]
    assert vault_of(passphrase_store).sessions.count() == 0
    if change is operations.rekey:
        with pytest.raises(InvalidSession):
            reveal(again(passphrase_store, ARKA_SESSION=value))


# Several


def test_locked_vault_names_every_unlocker_with_its_reason(sealed: ProfileStore, memory_keyring: MemoryKeyring) -> None:
    operations.add_unlocker(vault_of(sealed), NewUnlocker("passphrase", passphrase=PASSPHRASE))
    operations.add_unlocker(vault_of(sealed), NewUnlocker("keyring"))
    key_path(sealed).unlink()
    memory_keyring.fault = "locked"
    with pytest.raises(VaultLocked) as caught:
        reveal(again(sealed, ARKA_SESSION="nonsense"))
    first, *rest = caught.value.lines
    assert first.endswith("data-key.json cannot be opened:")
    assert [line.partition(":")[0] for line in rest] == ["ARKA_SESSION", "key-file", "keyring", "passphrase"]
    memory_keyring.fault = ""
    with pytest.warns(ConfigWarning, match="it is ignored"):
        assert reveal(again(sealed, ARKA_SESSION="nonsense")) == token("work")


def test_key_id_reveals_nothing_of_the_key(sealed: ProfileStore) -> None:
    keys = vault_of(sealed).keys()
    assert keys.current not in keys[keys.current].hex()
    assert keys[keys.current].hex() not in repr(keys)
    assert len(data_key.new_key_id()) == 16
