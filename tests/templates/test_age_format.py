"""The armor and the header of an age text are read as strictly as the specification says.

The cases follow the rules of https://age-encryption.org/v1. Apart from its fault, each text is authentic: without it,
the text would open.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyrage  # type: ignore[import-untyped]  # it has no types
import pytest

from arka_config.errors import SealedTokenError
from arka_config.templates.sealed import read_identities, unseal
from tests.cli.program import TOKEN
from tests.templates.age_writer import age_file, armor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

IDENTITY = pyrage.x25519.Identity.generate()
RECIPIENT = str(IDENTITY.to_public())
_TOKEN = {"version": 1, "app": "arka", "profile": "ci", "origin": "https://arka-ai.com", "token": TOKEN}
BEGIN, END = "-----BEGIN AGE ENCRYPTED FILE-----", "-----END AGE ENCRYPTED FILE-----"


def payload(length: int) -> bytes:
    """Return the payload, with spaces up to the length that gives the wanted end of the armor."""
    return json.dumps(_TOKEN).encode().ljust(length)


def age_lines(remainder: int) -> list[str]:
    """Return the lines of an armored text. Its content leaves this remainder of a full line of 48 bytes."""
    length = next(length for length in range(200, 248) if len(age_file(payload(length), RECIPIENT)) % 48 == remainder)
    return armor(age_file(payload(length), RECIPIENT)).splitlines()


def open_text(text: str) -> str:
    return unseal(text, [IDENTITY]).token.reveal()


def edit(change: Callable[[list[str]], object], remainder: int = 1) -> str:
    lines = age_lines(remainder)
    change(lines)
    return "\n".join([*lines, ""])


def not_canonical(lines: list[str]) -> None:
    """Set a bit of the last character that is not part of any byte."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    assert lines[-2].endswith("==")
    lines[-2] = lines[-2][:-3] + alphabet[alphabet.index(lines[-2][-3]) + 1] + "=="


def move_a_column(lines: list[str], at: int, to: int) -> None:
    """Move a character from one line to the next, or back, or both: one line is too short and another too long."""
    text = lines[at] + lines[to]
    lines[at], lines[to] = text[: len(lines[at]) - 1], text[len(lines[at]) - 1 :]


ARMOR = {
    "an empty line at the beginning": lambda lines: lines.insert(1, ""),
    "an empty line at the end": lambda lines: lines.insert(-1, ""),
    "an empty line in the middle": lambda lines: lines.insert(3, ""),
    "a line of spaces": lambda lines: lines.insert(3, "  "),
    "a space at a line's end": lambda lines: lines.__setitem__(2, lines[2] + " "),
    "a space at a line's start": lambda lines: lines.__setitem__(2, " " + lines[2]),
    "a space at the last line's end": lambda lines: lines.__setitem__(-2, lines[-2] + " "),
    "a space after the begin line": lambda lines: lines.__setitem__(0, BEGIN + " "),
    "a space before the end line": lambda lines: lines.__setitem__(-1, " " + END),
    "a carriage return inside of a line": lambda lines: lines.__setitem__(2, lines[2][:9] + "\r" + lines[2][9:]),
    "padding on two lines": lambda lines: lines.__setitem__(slice(-2, -1), [lines[-2][:-1], "="]),
    "no padding": lambda lines: lines.__setitem__(-2, lines[-2].rstrip("=")),
    "a short line before the last": lambda lines: lines.__setitem__(slice(2, 3), [lines[2][:60], lines[2][60:]]),
    "a line shorter by one column": lambda lines: move_a_column(lines, -4, -3),
    "two lines joined": lambda lines: lines.__setitem__(slice(1, 3), [lines[1] + lines[2]]),
    "everything on one line": lambda lines: lines.__setitem__(slice(1, -1), ["".join(lines[1:-1])]),
    "not canonical": not_canonical,
    "PEM headers": lambda lines: lines.__setitem__(slice(1, 1), ["Headers: are not allowed", ""]),
    "another type": lambda lines: lines.__setitem__(0, "-----BEGIN AGE FILE-----"),
    "a lower-case type": lambda lines: lines.__setitem__(0, BEGIN.lower()),
    "no end line": lambda lines: lines.pop(),
    "text before": lambda lines: lines.insert(0, "text"),
    "text after": lambda lines: lines.append("text"),
}


@pytest.mark.parametrize("case", ARMOR)
def test_armor_that_the_specification_forbids_is_refused(case: str) -> None:
    with pytest.raises(SealedTokenError, match="armor"):
        open_text(edit(ARMOR[case]))


def test_empty_line_after_a_full_last_line_is_refused() -> None:
    assert open_text(edit(lambda _: None, remainder=0)) == TOKEN
    with pytest.raises(SealedTokenError, match="armor is damaged"):
        open_text(edit(lambda lines: lines.insert(-1, ""), remainder=0))


@pytest.mark.parametrize("remainder", range(48))
def test_armor_of_any_length_opens(remainder: int) -> None:
    assert open_text(edit(lambda _: None, remainder)) == TOKEN


@pytest.mark.parametrize("around", ["{}", "\n \t\n{}\n \t\n", "\r\n{}"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_armor_may_have_any_line_ends_and_whitespace_around_it(around: str, newline: str) -> None:
    assert open_text(around.format(armor(age_file(payload(0), RECIPIENT)).replace("\n", newline))) == TOKEN


def test_armor_from_the_library_opens() -> None:
    text: bytes = pyrage.encrypt(payload(0), [IDENTITY.to_public()], armored=True)
    assert open_text(text.decode()) == TOKEN


@pytest.mark.parametrize(
    "stanza",
    [
        b"-> other argument\nAAAA\n",
        b"-> empty\n\n",
        b"-> full\n" + b"A" * 64 + b"\n\n",
        b"-> long\n" + b"A" * 64 + b"\nAAAA\n",
    ],
)
def test_stanza_of_another_type_is_allowed(stanza: bytes) -> None:
    assert open_text(armor(age_file(payload(0), RECIPIENT, stanza))) == TOKEN


@pytest.mark.parametrize(
    "stanza",
    [
        pytest.param(b"-> empty\n", id="missing body"),
        pytest.param(b"-> empty\n-> other\n\n", id="missing body before another stanza"),
        pytest.param(b"-> stanza\n" + b"A" * 64 + b"\n", id="missing last line"),
        pytest.param(b"-> stanza\nAAAA\n\n", id="two short lines"),
        pytest.param(b"-> stanza\n" + b"A" * 68 + b"\n", id="long line"),
        pytest.param(b"-> stanza\nAAA=\n", id="padding"),
        pytest.param(b"-> stanza\r\n\r\n", id="CRLF"),
        pytest.param(b"-> \n\n", id="no type"),
        pytest.param(b"-> two  spaces\n\n", id="empty argument"),
        pytest.param(b"-> space \n\n", id="space at the end"),
        pytest.param(b"->stanza\n\n", id="no space"),
        pytest.param(b"-> \xc3\xa9\n\n", id="not ASCII"),
        pytest.param(b"- stanza\n\n", id="another start"),
    ],
)
def test_malformed_stanza_is_refused_before_the_library_reads_it(
    stanza: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = armor(age_file(payload(0), RECIPIENT, stanza))
    monkeypatch.setattr(pyrage, "decrypt", lambda *_: pytest.fail("the library was given the text"))
    with pytest.raises(SealedTokenError, match="its header is damaged"):
        open_text(text)


def test_identity_file_with_another_line_is_refused_without_repeating_it(tmp_path: Path) -> None:
    file = tmp_path / "key.txt"
    file.touch(0o600)
    file.write_text(f"# a comment\n\n{IDENTITY}\n")
    assert len(read_identities(str(file))) == 1
    file.write_text(f"# a comment\n{str(IDENTITY)[20:]}\n{IDENTITY}\n")
    with pytest.raises(SealedTokenError, match=r"key\.txt:2: neither an identity nor a comment") as raised:
        read_identities(str(file))
    assert str(IDENTITY)[20:] not in str(raised.value)
