"""The checksum at the end of a token, as in GitHub's tokens: the CRC-32 of the characters after the prefix, in base62.

It detects a typing error, and tells a token from text that only looks like one. It protects no secret: anyone can
compute it. zlib is imported on use, since `token` needs none of this.
"""

from __future__ import annotations

NONE, OPTIONAL, REQUIRED = "none", "optional", "required"
FAULT = "its last 6 characters, a checksum, do not match the rest: was it copied whole?"
LENGTH = 6  # 62**6 > 2**32
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def compute(text: str) -> str:
    """Return the checksum of a text: six digits of base62, the most significant first."""
    from zlib import crc32

    number, digits = crc32(text.encode()), ""
    for _ in range(LENGTH):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits


def is_valid(token: str, prefix: str) -> bool:
    """Whether a token ends in the checksum of the characters between its prefix and the checksum."""
    body = token[len(prefix) :]
    return len(body) > LENGTH and compute(body[:-LENGTH]) == body[-LENGTH:]
