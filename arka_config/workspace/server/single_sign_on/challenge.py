"""What binds a sign-in at the provider to one browser: state, nonce and PKCE verifier.

All three are computed from the random key in the browser's cookie, so a workspace stores nothing until a user has
signed in, and any worker can continue. Only the browser that started the sign-in has the key; signing in changes it, so
that a state is useless afterwards.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from typing import NamedTuple

_LIFETIME = 600  # seconds


class Challenge(NamedTuple):
    """The values of one sign-in, and the page that it leads to."""

    state: str
    nonce: str
    verifier: str
    next_page: str


def create(key: str, next_page: str) -> Challenge:
    """Start a sign-in in the browser with this key."""
    page = base64.urlsafe_b64encode(next_page.encode()).decode().rstrip("=")
    return _derive(key, f"{secrets.token_urlsafe(16)}.{int(time.time())}.{page}", next_page)


def check(key: str, state: str) -> Challenge | None:
    """Return the challenge of a state; None if this browser did not start it, or if that was too long ago."""
    content, _, _ = state.rpartition(".")
    parts = content.split(".")
    if len(parts) != 3 or not state.isascii():
        return None
    try:
        started = int(parts[1])
        next_page = base64.urlsafe_b64decode(parts[2] + "=" * (-len(parts[2]) % 4)).decode()
    except (ValueError, binascii.Error):
        return None
    challenge = _derive(key, content, next_page)
    if not hmac.compare_digest(challenge.state, state):
        return None
    return challenge if 0 <= time.time() - started <= _LIFETIME else None


def _derive(key: str, content: str, next_page: str) -> Challenge:
    state, nonce, verifier = (_authenticate(key, f"{purpose} {content}") for purpose in ("state", "nonce", "verifier"))
    return Challenge(f"{content}.{state}", nonce, verifier, next_page)


def _authenticate(key: str, text: str) -> str:
    digest = hmac.digest(key.encode(), f"single sign-on {text}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
