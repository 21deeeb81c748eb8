"""What is kept in place of a secret, and the ids that nobody guesses."""

from __future__ import annotations

import hashlib
import secrets


def digest(secret: str) -> bytes:
    """The SHA-256 of a secret, which is what the database keeps.

    Neither salted nor stretched, and without a server's key: that is for what people think up. Every secret here is
    drawn from 190 bits of randomness or more, so that there is nothing to try out, and no two are alike. Since equal
    secrets have equal digests, a unique index finds one as fast among a million rows as among a thousand, and what an
    attacker could time is the comparison of digests that they cannot steer.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def new_id(kind: str) -> str:
    """An id with 128 random bits: `tok_…` for the kind `tok`."""
    return f"{kind}_{secrets.token_urlsafe(16)}"


def new_secret() -> str:
    """A code or a session's key: 256 random bits, in 43 characters."""
    return secrets.token_urlsafe(32)
