"""Mutate inputs from the corpus: cut, repeat, join and overwrite parts of them."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[bytes, random.Random, list[bytes]], bytes]

CORPUS = Path(__file__).parent / "corpus"
LARGEST = 1 << 16  # bytes; test_readers.py generates larger inputs

WORDS = [
    *(b"\0", b"\n", b"\r\n", b"\x1b[2J", b"\x9b", b"\xff\xfe", b"\xed\xa0\x80", "\u202e\u2028\ufeff".encode()),
    *(b'"', b"'", b'"""', b"\\", b"\\ud800", b"\\u0000", b"{", b"}", b"[", b"]", b"[[", b"=", b":", b",", b"#", b"."),
    *(b"null", b"true", b"NaN", b"-0", b"1e999", b"9" * 400, b"9" * 5000, b"0x1f", b"inf", b"1979-05-27T07:32:00Z"),
    *(b"version", b'"version": 2', b'"version": 99', b"token", b"settings", b"origin", b"storage", b"sealed"),
    *(
        b"https://",
        b"http://127.1",
        b"@",
        b"%00",
        b"..",
        b"[::1]",
        b"-> scrypt ",
        b"-----BEGIN AGE ENCRYPTED FILE-----",
    ),
    *(b"a." * 200, b"[" * 200, b'{"a":' * 200, b"con", b"../../etc/passwd", b"arka_" + b"x" * 37),
]


def read_corpus(reader: str) -> list[bytes]:
    """Read the corpus of a reader."""
    return [path.read_bytes() for path in sorted((CORPUS / reader).iterdir())]


def mutate(content: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    """Apply one to eight random changes."""
    for _ in range(rng.randint(1, 8)):
        content = rng.choice(CHANGES)(content, rng, others)[:LARGEST]
    return content


def _cut(content: bytes, rng: random.Random, _: list[bytes]) -> bytes:
    at, to = _span(content, rng)
    return content[:at] + content[to:]


def _truncate(content: bytes, rng: random.Random, _: list[bytes]) -> bytes:
    return content[: rng.randint(0, len(content))]


def _repeat(content: bytes, rng: random.Random, _: list[bytes]) -> bytes:
    at, to = _span(content, rng)
    return content[:to] + content[at:to] * rng.choice([1, 2, 100]) + content[to:]


def _overwrite(content: bytes, rng: random.Random, _: list[bytes]) -> bytes:
    at = rng.randint(0, len(content))
    return content[:at] + bytes([rng.randrange(256)]) + content[at + 1 :]


def _insert_word(content: bytes, rng: random.Random, _: list[bytes]) -> bytes:
    at, to = _span(content, rng)
    return content[:at] + rng.choice(WORDS) + content[rng.choice([at, to]) :]


def _join(content: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    other = rng.choice(others)
    at, to = _span(other, rng)
    place = rng.randint(0, len(content))
    return content[:place] + other[at:to] + content[place:]


def _span(content: bytes, rng: random.Random) -> tuple[int, int]:
    at = rng.randint(0, len(content))
    return at, min(len(content), at + rng.choice([1, 2, 8, 64, len(content)]))


CHANGES: list[Change] = [
    _cut,
    _truncate,
    _repeat,
    _overwrite,
    _insert_word,
    _join,
]
