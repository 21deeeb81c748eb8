"""Generate the test vectors of docs/reference/file-formats.md, with fixed random bytes and a fixed clock.

python -m tests.sealing.make_vectors        writes them to tests/sealing/vectors/
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

from arka_config import Credential, Origin, Secret, open_store
from arka_config.arka import app
from arka_config.sealing import cipher, operations, os_keyring
from arka_config.sealing.data_key import REKEY, DataKeyFile, Unlocker, new_key_id
from arka_config.sealing.unlockers.registry import NewUnlocker
from arka_config.sealing.vault import vault_of
from arka_config.store.json import dumps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arka_config.sealing.vault import DataKeys

FOLDER = Path(__file__).with_name("vectors")
PASSPHRASE = "correct horse battery stäple"
HOME = "/home/you/.local/state/arka"  # data-key.json names this folder of the key file
_NOW = 4_102_444_800  # 2100-01-01T00:00:00Z
TOKENS = {
    "work": {"label": "MacBook Pro", "created": "2026-11-24T09:00:00Z", "user": "you@example.com"},
    "ci": {"label": "CI/CD Pipeline – läuft", "created": "2026-11-24T09:00:00Z", "expires": "2027-02-28T23:59:59Z"},
    "bare": {},
}
SECRETS = {
    ("work", "mail.password"): "made-up – läuft",
    ("work", "private_key"): "-----BEGIN KEY-----\nmade up\n-----END KEY-----\n",
    ("ring", "webhook_secret"): "made-up too",
}


def token(name: str) -> str:
    """Return a made-up token with the right format."""
    return "arka_" + name.rjust(37, "0")


@contextlib.contextmanager
def _always_the_same() -> Iterator[None]:
    numbers = itertools.count()

    def random(length: int) -> bytes:
        # Six bytes make a name that is used once: of a temporary file, or of an entry in the keyring.
        return b"vector" if length == 6 else hashlib.shake_128(f"vector {next(numbers)}".encode()).digest(length)

    with (
        mock.patch("os.urandom", random),
        mock.patch("time.time", return_value=float(_NOW)),
    ):
        yield


def make(folder: Path) -> None:
    """Write the vectors to a folder: a vault with one unlocker of each kind, a session, and tokens."""
    store = open_store(app, {"ARKA_HOME": str(folder)})
    kept: dict[str, str] = {}

    def keep(_service: str, account: str, secret: str, **_: str) -> os_keyring.Entry:
        kept[account] = secret
        return os_keyring.Entry("keyring.backends.SecretService.Keyring", account)

    with (
        _always_the_same(),
        mock.patch("arka_config.sealing.os_keyring.put", keep),
        mock.patch("arka_config.sealing.unlockers.key_file.default_path", return_value=f"{HOME}/vault.key"),
        mock.patch("arka_config.sealing.unlockers.key_file.create_or_read", side_effect=lambda *_: _key_file(folder)),
    ):
        kinds = (NewUnlocker("key-file"), NewUnlocker("passphrase", passphrase=PASSPHRASE), NewUnlocker("keyring"))
        operations.enable(vault_of(store), list(kinds))
        for name, known in TOKENS.items():
            store.log_in(name, Credential(Secret(token(name)), Origin.of("https://arka-ai.com"), **known))
        ring = Credential(Secret(token("ring")), Origin.of("https://eu.arka-ai.com:8443"), label="Laptop")
        store.log_in("ring", ring, storage="keyring")
        keys = vault_of(store).keys()
        (folder / "rekeying").mkdir()
        (folder / "rekeying" / "data-key.json").write_text(_rekeying(folder, keys), "utf-8")
        (folder / "rekeying" / "vault.json").write_text(_known_while_rekeying(folder, keys.current), "utf-8")
        session, _ = vault_of(store).sessions.begin(keys.current, keys[keys.current], 60)
        for (profile, field), text in SECRETS.items():
            store.set_secret(profile, field, Secret(text), storage="keyring" if profile == "ring" else None)
    given = {
        "app": app.name,
        "data_key": keys[keys.current].hex(),
        "passphrase": PASSPHRASE,
        "session": session,
        "keyring": kept,
        "secrets": {f"{profile}.{field}": text for (profile, field), text in SECRETS.items()},
        "tokens": {name: token(name) for name in (*TOKENS, "ring")},
    }
    (folder / "given.json").write_text(json.dumps(given, indent=2, ensure_ascii=False) + "\n", "utf-8")
    for unneeded in ("active", "lock"):
        (folder / "state" / unneeded).unlink()


def _rekeying(folder: Path, keys: DataKeys) -> str:
    """Return data-key.json as it is during a rekey: with the new key, and the previous one for the older tokens."""
    secret = bytes.fromhex((folder / "vault.key").read_text().strip().removeprefix("vault-key-1:"))
    data_key = cipher.random_key()
    unlocker = Unlocker("key-file", "key-file", {"path": f"{HOME}/vault.key"}, os.urandom(cipher.SALT_LENGTH))
    file = DataKeyFile(app.name, new_key_id(), [unlocker])
    unlocker.wrap(data_key, secret, file)
    file.unfinished = REKEY
    file.wrap_previous(keys.current, keys[keys.current], data_key)
    return file.text(data_key)


def _known_while_rekeying(folder: Path, key_id: str) -> str:
    """Return vault.json as it is during a rekey: with the ids of the new key and of the previous one."""
    new = json.loads((folder / "rekeying" / "data-key.json").read_text("utf-8"))["key"]
    return dumps({"version": 1, "key": new, "previous": key_id})


def _key_file(folder: Path) -> tuple[bytes, bool]:
    secret = os.urandom(32)
    (folder / "vault.key").write_text(f"vault-key-1:{secret.hex()}\n")
    return secret, True


def files(folder: Path) -> dict[str, bytes]:
    """Read every file in a folder, by relative path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        make(Path(scratch))
        shutil.rmtree(FOLDER, ignore_errors=True)
        for path, content in files(Path(scratch)).items():
            (FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
            (FOLDER / path).write_bytes(content)
