"""User codes: eight letters that a user compares between a terminal and the approval page. Standard library only."""

from __future__ import annotations

import hashlib
import secrets

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels, so that no words occur (RFC 8628, 6.1)
LENGTH = 8


def generate() -> str:
    """Return a random code, about 34 bits: `BCDFGHJK`."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def of_challenge(challenge: str) -> str:
    """Return the code of a PKCE challenge: the first eight bytes of its SHA-256, each modulo 20, as letters.

    Terminal and page both compute it. It identifies a request; it is not a secret.
    """
    return "".join(LETTERS[byte % len(LETTERS)] for byte in hashlib.sha256(challenge.encode()).digest()[:LENGTH])


def show(code: str) -> str:
    """Return a code as it is shown: `BCDF-GHJK`."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def parse(text: str) -> str | None:
    """Return the code that a user typed, in any case and with any separators; None if it is not one."""
    code = "".join(character for character in text[:40].upper() if character.isascii() and character.isalpha())
    return code if len(code) == LENGTH and set(code) <= set(LETTERS) else None
