"""The test vectors, read by this program and by an independent reader."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from arka_config import ProfileStore, open_store
from arka_config.arka import app
from arka_config.errors import SealedFileDamaged
from arka_config.sealing import cipher, data_key, os_keyring
from arka_config.sealing.unlockers import key_file
from arka_config.sealing.unlockers.passphrase import Passphrase
from tests.sealing import argon2, make_vectors
from tests.sealing.conftest import tokens
from tests.sealing.make_vectors import FOLDER, PASSPHRASE, TOKENS, token

if TYPE_CHECKING:
    from types import ModuleType

READER = Path(__file__).parents[2] / "examples" / "read_sealed.py"
GIVEN = json.loads((FOLDER / "given.json").read_text("utf-8"))
KEY_FILE = (FOLDER / "vault.key").read_text("utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the vectors with private modes, which a repository does not store."""
    home = tmp_path / "vectors"
    shutil.copytree(FOLDER, home)
    for path in home.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return home


@pytest.fixture
def reader() -> ModuleType:
    spec = importlib.util.spec_from_file_location("read_sealed", READER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_tokens(folder: Path, **environ: str) -> dict[str, str]:
    return tokens(open_store(app, {"ARKA_HOME": str(folder), **environ}))


def test_program_still_writes_the_vectors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Passphrase, "parameters", argon2.USUAL)
    make_vectors.make(tmp_path)
    assert make_vectors.files(tmp_path) == make_vectors.files(FOLDER)


# By this program


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use the keyring entries of the vectors."""
    monkeypatch.setattr(os_keyring, "get", lambda _service, entry: GIVEN["keyring"][entry.account])


@pytest.mark.usefixtures("ring")
def test_each_unlocker_opens_the_vectors(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert GIVEN["tokens"] == {name: token(name) for name in (*TOKENS, "ring")}
    assert read_tokens(folder, ARKA_SESSION=GIVEN["session"]) == GIVEN["tokens"]
    with monkeypatch.context() as patched:
        patched.setattr(key_file, "read", lambda _path, read=key_file.read: read(str(folder / "vault.key")))
        assert read_tokens(folder) == GIVEN["tokens"]
    assert read_tokens(folder) == GIVEN["tokens"]  # by the keyring, because the key file was moved
    monkeypatch.setitem(GIVEN["keyring"], "data key 766563746f72", "0" * 64)
    assert read_tokens(folder, ARKA_PASSPHRASE=PASSPHRASE) == GIVEN["tokens"]


@pytest.mark.usefixtures("ring")
def test_unfinished_rekey_opens_with_the_previous_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(folder / "rekeying" / "data-key.json", folder / "data")
    shutil.copy(folder / "rekeying" / "vault.json", folder / "state")
    monkeypatch.setattr(key_file, "read", lambda _path, read=key_file.read: read(str(folder / "vault.key")))
    assert read_tokens(folder) == GIVEN["tokens"]


def test_data_key_matches_the_vectors(folder: Path) -> None:
    file = data_key.parse((folder / "data" / "data-key.json").read_text("utf-8"), "data-key.json", "arka")
    secret = cipher.from_hex(KEY_FILE.strip().removeprefix("vault-key-1:"))
    assert secret is not None
    found = file.unlockers[0].unwrap(secret, file)
    assert found is not None
    assert found.hex() == GIVEN["data_key"]
    assert file.is_authentic(found)


# By an independent reader


def test_example_reader_imports_nothing_of_the_package() -> None:
    text = READER.read_text("utf-8")
    assert "import arka_config" not in text
    assert "from arka_config" not in text
    assert sum(bool(line.strip()) for line in text.splitlines()) < 50


@pytest.mark.parametrize("name", TOKENS)
@pytest.mark.parametrize("given", [KEY_FILE, PASSPHRASE], ids=["by the key file", "by the passphrase"])
def test_example_reader_opens_the_vectors(name: str, given: str) -> None:
    done = subprocess.run(
        [sys.executable, "-I", str(READER), str(FOLDER / "data"), name],
        input=given,
        encoding="utf-8",
        capture_output=True,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        check=False,
    )
    assert (done.stdout, done.stderr) == (token(name) + "\n", "")


def test_example_reader_opens_newly_written_files(sealed: ProfileStore) -> None:
    words = [sys.executable, "-I", str(READER), sealed.folders.data, "eu"]
    with open(Path(sealed.folders.state, "vault.key"), "rb") as key:
        done = subprocess.run(words, stdin=key, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == sealed.credential("eu").token.reveal() + "\n"


def test_example_reader_detects_a_changed_data_key_file(folder: Path) -> None:
    path = folder / "data" / "data-key.json"
    path.write_text(path.read_text("utf-8").replace('"memory": 65536', '"memory": 65537'), "utf-8")
    with open(folder / "vault.key", "rb") as key:
        words = [sys.executable, "-I", str(READER), str(folder / "data"), "work"]
        done = subprocess.run(words, stdin=key, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "data-key.json was changed\n")
    with pytest.raises(SealedFileDamaged):
        data_key.parse(path.read_text("utf-8"), str(path), "arka")


def test_documented_rules_open_sessions_previous_keys_and_keyring_entries(reader: ModuleType) -> None:
    """As docs/reference/file-formats.md describes them."""
    name, _, key = GIVEN["session"].partition(".")
    file = document("state", "sessions", f"{name}.json")
    opens = reader.derive(bytes.fromhex(key), "session")
    data_key = reader.decrypt(opens, file, "wrapped", "session", "1", "arka", name, file["key"], file["expires"])
    assert data_key.hex() == GIVEN["data_key"]

    text = (FOLDER / "rekeying" / "data-key.json").read_text("utf-8")
    app, key_id, new_key = reader.data_key(text, KEY_FILE.strip())
    part = json.loads(text)["previous"]
    bound = ("previous data key", "1", app, key_id, part["key"])
    assert reader.decrypt(reader.derive(new_key, "previous"), part, "wrapped", *bound).hex() == GIVEN["data_key"]

    ring = document("data", "tokens", "ring.json")
    known = [ring.get(field, "") for field in ("origin", "label", "created", "expires", "user")]
    mark = cipher.digest(cipher.bind("keyring token", "2", "arka", "ring", *known)).hex()
    assert GIVEN["keyring"][ring["keyring"]["account"]] == f"{mark} {token('ring')}"

    wrapped = document("data", "data-key.json")["unlockers"]["keyring"]
    secret = bytes.fromhex(GIVEN["keyring"][wrapped["account"]])
    opens = reader.derive(secret, "unlocker/keyring", bytes.fromhex(wrapped["salt"]))
    key_id = document("data", "data-key.json")["key"]
    found = reader.decrypt(opens, wrapped, "wrapped", "data key", "1", "arka", key_id, "keyring", "keyring")
    assert found.hex() == GIVEN["data_key"]


def document(*path: str) -> Any:
    return json.loads(FOLDER.joinpath(*path).read_text("utf-8"))


def test_checksum_covers_the_text_before_it() -> None:
    for path in ("data", "rekeying"):
        text = (FOLDER / path / "data-key.json").read_text("utf-8")
        before = text.partition(',\n  "checksum"')[0] + "\n}\n"
        assert json.loads(text)["checksum"] == cipher.digest(before.encode()).hex()


@pytest.mark.usefixtures("ring")
def test_secrets_of_the_vectors_are_read_by_this_program_and_by_an_independent_reader(
    folder: Path, reader: ModuleType
) -> None:
    store = open_store(app, {"ARKA_HOME": str(folder), "ARKA_SESSION": GIVEN["session"]})
    for (profile, field), text in make_vectors.SECRETS.items():
        found = store.secrets.read(profile, field)
        assert found is not None
        assert found.reveal() == text == GIVEN["secrets"][f"{profile}.{field}"]
        if profile != "ring":
            assert reader.secret(folder / "data", profile, field, KEY_FILE.strip()) == text
