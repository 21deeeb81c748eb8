"""The cryptography of sealing: AES-256-GCM and Argon2id from `cryptography`, HKDF and HMAC from the standard library.

`docs/file-formats.md` says byte by byte how the files are made of these. Whatever is imported is imported where it is
used, and as little of it as there is to be had, since `token` opens a sealed token at every call.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_LENGTH = 32  # bytes: AES-256, SHA-256, and every secret that a key is derived from
NONCE_LENGTH = 12  # bytes: the one that AES-GCM is made for (NIST SP 800-38D, 8.2.2)
SALT_LENGTH = 16  # bytes

_DOMAIN = b"arka-config/1/"


def random_key() -> bytes:
    """A new key, or a new secret to derive one from."""
    return os.urandom(KEY_LENGTH)


def derived(secret: bytes, use: str, salt: bytes = b"") -> bytes:
    """The key for one use: HKDF-SHA256 (RFC 5869) of a secret. A key is as long as one block of it, the first."""
    return code(code(salt or bytes(KEY_LENGTH), secret), _DOMAIN + use.encode() + b"\x01")


def bound(*fields: str) -> bytes:
    """Texts as bytes that no other texts give: each behind its length, as four bytes, the highest first."""
    contents = [field.encode() for field in fields]
    return b"".join(len(content).to_bytes(4, "big") + content for content in contents)


def seal(key: bytes, content: bytes, associated: bytes) -> tuple[bytes, bytes]:
    """A fresh nonce, and the content sealed under it together with its associated data."""
    nonce = os.urandom(NONCE_LENGTH)
    return nonce, _aes_gcm()(key).encrypt(nonce, content, associated)


def unseal(key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes | None:
    """The content, or None where this is not what was sealed with this key and this associated data."""
    try:
        return _aes_gcm()(key).decrypt(nonce, sealed, associated)
    except Exception as error:
        from cryptography.exceptions import InvalidTag  # which imports `typing` too

        if isinstance(error, InvalidTag):
            return None
        raise


def _aes_gcm() -> type[AESGCM]:
    """The AESGCM class. The public module of it imports `typing`, `enum` and `re`, and takes longer than all the rest
    of `token`; so the one that it has the class from is asked first. A test holds the two to be the same."""
    try:
        from cryptography.hazmat.bindings._rust import openssl

        return openssl.aead.AESGCM
    except (ImportError, AttributeError):
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM


def digest(content: bytes) -> bytes:
    """SHA-256."""
    from hashlib import sha256

    return sha256(content).digest()


def code(key: bytes, content: bytes) -> bytes:
    """The message authentication code of a content: HMAC-SHA256 (RFC 2104)."""
    import hmac

    return hmac.digest(key, content, "sha256")


def is_code(key: bytes, content: bytes, found: bytes) -> bool:
    """Whether this is the content's code, in a time that does not tell where it differs."""
    import hmac

    return hmac.compare_digest(code(key, content), found)


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
