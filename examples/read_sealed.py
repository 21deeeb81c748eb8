"""Open a sealed token or secret without arka-config, following docs/reference/file-formats.md.

python examples/read_sealed.py DATA-FOLDER PROFILE [SETTING] < KEY-FILE-OR-PASSPHRASE
"""

import hmac
import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id


def derive(secret, use, salt=bytes(32)):
    return hmac.digest(hmac.digest(salt, secret, "sha256"), f"arka-config/1/{use}\x01".encode(), "sha256")


def decrypt(key, part, name, *bound):
    associated = b"".join(len(text.encode()).to_bytes(4, "big") + text.encode() for text in bound)
    return AESGCM(key).decrypt(bytes.fromhex(part["nonce"]), bytes.fromhex(part[name]), associated)


def data_key(text, given):
    file = json.loads(text)
    kind = "key-file" if given.startswith("vault-key-1:") else "passphrase"
    name, part = next(row for row in file["unlockers"].items() if row[1]["kind"] == kind)
    salt, secret = bytes.fromhex(part["salt"]), given.removeprefix("vault-key-1:")
    if kind == "passphrase":
        cost = {"iterations": part["passes"], "lanes": part["lanes"], "memory_cost": part["memory"]}
        secret = Argon2id(salt=salt, length=32, **cost).derive(secret.encode()).hex()
    key = derive(bytes.fromhex(secret), f"unlocker/{kind}", salt)
    key = decrypt(key, part, "wrapped", "data key", "1", file["app"], file["key"], kind, name)
    code = hmac.digest(derive(key, "data-key.json"), (text.partition(',\n  "code"')[0] + "\n}\n").encode(), "sha256")
    if not hmac.compare_digest(code.hex(), file["code"]):
        raise SystemExit("data-key.json was changed")
    return file["app"], file["key"], key


def token(folder, name, given):
    app, key_id, key = data_key((folder / "data-key.json").read_text("utf-8"), given)
    file = json.loads((folder / "tokens" / f"{name}.json").read_text("utf-8"))
    known = [file.get(field, "") for field in ("origin", "label", "created", "expires", "user")]
    part = file["sealed"]
    return decrypt(derive(key, "token"), part, "token", "sealed token", "2", app, key_id, name, *known).decode()


def secret(folder, name, field, given):
    app, key_id, key = data_key((folder / "data-key.json").read_text("utf-8"), given)
    part = json.loads((folder / "tokens" / f"{name}.{field}.json").read_text("utf-8"))["sealed"]
    return decrypt(derive(key, "secret"), part, "secret", "sealed secret", "2", app, key_id, name, field).decode()


if __name__ == "__main__":
    read = secret if len(sys.argv) > 3 else token
    print(read(Path(sys.argv[1]), *sys.argv[2:], sys.stdin.read().rstrip("\n")))
