"""An age writer for tests (https://age-encryption.org/v1). It seals for one recipient, with stanzas of any form."""

from __future__ import annotations

import base64
import hmac
import os

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def age_file(content: bytes, recipient: str, more: bytes = b"") -> bytes:
    """Seal the content for an X25519 recipient. `more` is added to the header as it is, before its authentic MAC."""
    file_key, nonce = os.urandom(16), os.urandom(16)
    header = b"age-encryption.org/v1\n" + _stanza(file_key, _public_key(recipient)) + more + b"---"
    header += b" " + _base64(hmac.digest(_derive(file_key, b"", b"header"), header, "sha256")) + b"\n"
    last_chunk = bytes(11) + b"\x01"
    return header + nonce + ChaCha20Poly1305(_derive(file_key, nonce, b"payload")).encrypt(last_chunk, content, None)


def armor(content: bytes) -> str:
    """Return the armored text of an age file."""
    text = base64.b64encode(content).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN AGE ENCRYPTED FILE-----", *lines, "-----END AGE ENCRYPTED FILE-----", ""])


def _stanza(file_key: bytes, recipient: bytes) -> bytes:
    secret = X25519PrivateKey.generate()
    share = secret.public_key().public_bytes_raw()
    shared = secret.exchange(X25519PublicKey.from_public_bytes(recipient))
    key = _derive(shared, share + recipient, b"age-encryption.org/v1/X25519")
    body = ChaCha20Poly1305(key).encrypt(bytes(12), file_key, None)
    return b"-> X25519 %b\n%b\n" % (_base64(share), _base64(body))


def _public_key(recipient: str) -> bytes:
    bits = "".join(f"{_BECH32.index(character):05b}" for character in recipient.removeprefix("age1")[:-6])
    return int(bits[:256], 2).to_bytes(32, "big")


def _derive(key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, info).derive(key)


def _base64(content: bytes) -> bytes:
    return base64.b64encode(content).rstrip(b"=")
