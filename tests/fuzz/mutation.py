"""Inputs that are nearly right: what stands in the corpus, cut, doubled, joined and spoiled."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CORPUS = Path(__file__).parent / "corpus"
LARGEST = 1 << 16  # bytes; the larger ones stand in the corpus of test_readers.py by the rule that makes them

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


def seeds(reader: str) -> list[bytes]:
    """What stands in the corpus for a reader."""
    return [path.read_bytes() for path in sorted((CORPUS / reader).iterdir())]


def mutated(content: bytes, dice: random.Random, others: list[bytes]) -> bytes:
    """The content after one to eight changes."""
    for _ in range(dice.randint(1, 8)):
        content = dice.choice(CHANGES)(content, dice, others)[:LARGEST]
    return content


def _cut(content: bytes, dice: random.Random, _: list[bytes]) -> bytes:
    at, to = _span(content, dice)
    return content[:at] + content[to:]


def _end(content: bytes, dice: random.Random, _: list[bytes]) -> bytes:
    return content[: dice.randint(0, len(content))]


def _double(content: bytes, dice: random.Random, _: list[bytes]) -> bytes:
    at, to = _span(content, dice)
    return content[:to] + content[at:to] * dice.choice([1, 2, 100]) + content[to:]


def _spoil(content: bytes, dice: random.Random, _: list[bytes]) -> bytes:
    at = dice.randint(0, len(content))
    return content[:at] + bytes([dice.randrange(256)]) + content[at + 1 :]


def _say(content: bytes, dice: random.Random, _: list[bytes]) -> bytes:
    at, to = _span(content, dice)
    return content[:at] + dice.choice(WORDS) + content[dice.choice([at, to]) :]


def _join(content: bytes, dice: random.Random, others: list[bytes]) -> bytes:
    other = dice.choice(others)
    at, to = _span(other, dice)
    place = dice.randint(0, len(content))
    return content[:place] + other[at:to] + content[place:]


def _span(content: bytes, dice: random.Random) -> tuple[int, int]:
    at = dice.randint(0, len(content))
    return at, min(len(content), at + dice.choice([1, 2, 8, 64, len(content)]))


CHANGES: list[Callable[[bytes, random.Random, list[bytes]], bytes]] = [_cut, _end, _double, _spoil, _say, _join]
