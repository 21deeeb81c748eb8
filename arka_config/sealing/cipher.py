"""The cryptography of sealing, all of it from `cryptography`: AES-256-GCM, HKDF and HMAC with SHA-256, and Argon2id.

`docs/file-formats.md` says byte by byte how the files are made of these. Only public names of that package are used,
each imported where it is used, since none of them is cheap to import.
"""

from __future__ import annotations

import os

KEY_LENGTH = 32  # bytes: AES-256, and every secret that a key is derived from
NONCE_LENGTH = 12  # bytes: the one that AES-GCM is made for (NIST SP 800-38D, 8.2.2)
SALT_LENGTH = 16  # bytes

_DOMAIN = b"arka-config/1/"


def random_key() -> bytes:
    """A new key, or a new secret to derive one from."""
    return os.urandom(KEY_LENGTH)


def derived(secret: bytes, use: str, salt: bytes = b"") -> bytes:
    """The key for one use: HKDF-SHA256 (RFC 5869) of a secret."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), KEY_LENGTH, salt or None, _DOMAIN + use.encode()).derive(secret)


def bound(*fields: str) -> bytes:
    """Texts as bytes that no other texts give: each behind its length, as four bytes, the highest first."""
    contents = [field.encode() for field in fields]
    return b"".join(len(content).to_bytes(4, "big") + content for content in contents)


def seal(key: bytes, content: bytes, associated: bytes) -> tuple[bytes, bytes]:
    """A fresh nonce, and the content sealed under it together with its associated data."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(NONCE_LENGTH)
    return nonce, AESGCM(key).encrypt(nonce, content, associated)


def unseal(key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes | None:
    """The content, or None where this is not what was sealed with this key and this associated data."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(key).decrypt(nonce, sealed, associated)
    except InvalidTag:
        return None


def digest(content: bytes) -> bytes:
    """SHA-256."""
    from cryptography.hazmat.primitives.hashes import SHA256, Hash

    hashed = Hash(SHA256())
    hashed.update(content)
    return hashed.finalize()


def code(key: bytes, content: bytes) -> bytes:
    """The message authentication code of a content: HMAC-SHA256 (RFC 2104)."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.hmac import HMAC

    authenticated = HMAC(key, SHA256())
    authenticated.update(content)
    return authenticated.finalize()


def is_same(one: bytes, other: bytes) -> bool:
    """Whether two secrets are the same, in a time that does not tell where they differ."""
    from cryptography.hazmat.primitives.constant_time import bytes_eq

    return bytes_eq(one, other)


def stretched(passphrase: str, salt: bytes, *, memory: int, passes: int, lanes: int) -> bytes | None:
    """Argon2id (RFC 9106) of a passphrase, with `memory` in KiB; None where this machine has not so much of it."""
    from unicodedata import normalize

    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    # One keyboard composes what another one types in parts: the same passphrase is the same bytes (RFC 8265, 4.2).
    content = normalize("NFC", passphrase).encode()
    try:
        return Argon2id(salt=salt, length=KEY_LENGTH, iterations=passes, lanes=lanes, memory_cost=memory).derive(
            content
        )
    except MemoryError:
        return None


def from_hex(text: object, length: int | None = None) -> bytes | None:
    """The bytes of a text in lower-case hexadecimal, of this length where one is given; None where it is not that."""
    if not isinstance(text, str):
        return None
    try:
        content = bytes.fromhex(text)
    except ValueError:
        return None
    return content if content.hex() == text and length in (None, len(content)) else None
