"""The cryptography of sealing: AES-256-GCM and Argon2id from `cryptography`, HKDF and HMAC from the standard library.

`docs/reference/file-formats.md` specifies how the files use it. Modules are imported where they are used, and as few as
possible: `arka token` opens a sealed token at every call.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_LENGTH = 32  # bytes: AES-256, SHA-256, and every secret that a key is derived from
NONCE_LENGTH = 12  # bytes: the length AES-GCM is specified for (NIST SP 800-38D, 8.2.2)
SALT_LENGTH = 16  # bytes
KEY_ID_LENGTH = 8  # bytes

_DOMAIN = b"arka-config/1/"


def random_key() -> bytes:
    """Return a new key, or a new secret to derive one from."""
    return os.urandom(KEY_LENGTH)


def derive(secret: bytes, use: str, salt: bytes = b"") -> bytes:
    """Derive the key for one use: HKDF-SHA256 (RFC 5869). A key has the length of one block, the first."""
    return mac(mac(salt or bytes(KEY_LENGTH), secret), _DOMAIN + use.encode() + b"\x01")


def bind(*fields: str) -> bytes:
    """Encode texts unambiguously as associated data: each is preceded by its length as four bytes, big-endian."""
    contents = [field.encode() for field in fields]
    return b"".join(len(content).to_bytes(4, "big") + content for content in contents)


def seal(key: bytes, content: bytes, associated: bytes) -> tuple[bytes, bytes]:
    """Encrypt the content; return a fresh nonce and the ciphertext, which authenticates the associated data too."""
    nonce = os.urandom(NONCE_LENGTH)
    return nonce, _aes_gcm()(key).encrypt(nonce, content, associated)


def unseal(key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes | None:
    """Decrypt. Return None if it was not sealed with this key and this associated data."""
    try:
        return _aes_gcm()(key).decrypt(nonce, sealed, associated)
    except Exception as error:
        from cryptography.exceptions import InvalidTag  # which imports `typing` too

        if isinstance(error, InvalidTag):
            return None
        raise


def _aes_gcm() -> type[AESGCM]:
    """Return the AESGCM class, from the extension module if possible.

    The public module only re-exports it, but imports `typing`, `enum` and `re`, which takes longer than the rest of
    `arka token`. A test checks that both are the same class.
    """
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


def mac(key: bytes, content: bytes) -> bytes:
    """Return the message authentication code: HMAC-SHA256 (RFC 2104)."""
    import hmac

    return hmac.digest(key, content, "sha256")


def verify_mac(key: bytes, content: bytes, code: bytes) -> bool:
    """Verify a message authentication code in constant time."""
    import hmac

    return hmac.compare_digest(mac(key, content), code)


def stretch(passphrase: str, salt: bytes, *, memory: int, passes: int, lanes: int) -> bytes | None:
    """Run Argon2id (RFC 9106) on a passphrase, with `memory` in KiB. Return None if there is not enough memory."""
    from unicodedata import normalize

    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    # Some keyboards send composed characters, others their parts: NFC makes both the same bytes (RFC 8265, 4.2).
    content = normalize("NFC", passphrase).encode()
    try:
        return Argon2id(salt=salt, length=KEY_LENGTH, iterations=passes, lanes=lanes, memory_cost=memory).derive(
            content
        )
    except MemoryError:
        return None


def from_hex(text: object, length: int | None = None) -> bytes | None:
    """Decode lower-case hexadecimal. Return None if it is not that, or does not have this length in bytes."""
    if not isinstance(text, str):
        return None
    try:
        content = bytes.fromhex(text)
    except ValueError:
        return None
    return content if content.hex() == text and length in (None, len(content)) else None
