"""Compare the cryptography with its standards, and with the public names of `cryptography`."""

from __future__ import annotations

import hashlib
import sys

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from arka_config.sealing import cipher

KEYS = st.binary(min_size=32, max_size=32)


@given(secret=st.binary(min_size=1, max_size=80), use=st.text(max_size=20), salt=st.binary(max_size=80))
def test_derive_matches_hkdf(secret: bytes, use: str, salt: bytes) -> None:
    expected = HKDF(SHA256(), 32, salt or None, b"arka-config/1/" + use.encode()).derive(secret)
    assert cipher.derive(secret, use, salt) == expected


def test_mac_matches_rfc_4231() -> None:
    code = cipher.mac(b"Jefe", b"what do ya want for nothing?")
    assert code.hex() == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert cipher.verify_mac(b"Jefe", b"what do ya want for nothing?", code)
    assert not cipher.verify_mac(b"Jefe", b"what do ya want for nothing?", code[:-1] + b"\0")
    assert not cipher.verify_mac(b"Jeff", b"what do ya want for nothing?", code)


def test_digest_is_sha_256() -> None:
    assert cipher.digest(b"abc") == hashlib.sha256(b"abc").digest()


def test_stretch_matches_the_argon2_reference_implementation() -> None:
    """The first vector of Argon2id in `test.c` of phc-winner-argon2, version 1.3."""
    found = cipher.stretch("password", b"somesalt", memory=65536, passes=2, lanes=1)
    assert found is not None
    assert found.hex() == "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"


@given(key=KEYS, content=st.binary(max_size=100), associated=st.binary(max_size=100))
def test_unseal_requires_the_same_key_and_associated_data(key: bytes, content: bytes, associated: bytes) -> None:
    nonce, sealed = cipher.seal(key, content, associated)
    assert AESGCM(key).decrypt(nonce, sealed, associated) == content
    assert cipher.unseal(key, nonce, sealed, associated) == content
    assert cipher.unseal(bytes(32) if any(key) else b"\1" * 32, nonce, sealed, associated) is None
    assert cipher.unseal(key, nonce, sealed, associated + b"x") is None
    assert cipher.seal(key, content, associated)[0] != nonce


def test_fast_import_of_aesgcm_gives_the_public_class() -> None:
    assert cipher._aes_gcm() is AESGCM


def test_aesgcm_falls_back_to_the_public_class(monkeypatch: pytest.MonkeyPatch) -> None:
    import cryptography.hazmat.bindings._rust as native

    monkeypatch.delattr(native, "openssl")
    monkeypatch.delitem(sys.modules, "cryptography.hazmat.bindings._rust.openssl", raising=False)
    assert cipher._aes_gcm() is AESGCM


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_bind_encodes_different_texts_differently(one: list[str], other: list[str]) -> None:
    assert (cipher.bind(*one) == cipher.bind(*other)) is (one == other)


def test_from_hex_requires_lower_case_and_the_given_length() -> None:
    assert cipher.from_hex("00ff", 2) == b"\0\xff"
    for text in ("00FF", "00f", "00 ff", "0x00", " 00ff", "", None, 12):
        assert cipher.from_hex(text, 2) is None
