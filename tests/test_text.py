"""Profile names, strings that can be stored, and how any other text is shown."""

from __future__ import annotations

import json
import re
import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arka_config.errors import InvalidName, InvalidValue
from arka_config.text import (
    UNPRINTABLE,
    check_printable,
    check_profile_name,
    count_text,
    did_you_mean,
    escape_ci_commands,
    escape_ci_commands_in_json,
    is_printable,
    is_profile_name,
    nearest,
    shorten,
    suggest_profile_name,
    visible,
)

DESIGNED = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")  # section 4
DEVICES = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]")

NAMELIKE = st.text(st.sampled_from("abz019_-A.é/\n "), max_size=70) | st.from_regex(DESIGNED, fullmatch=True)
ANY_TEXT = st.text(st.characters(exclude_categories=()))  # surrogates too


# Profile names


@given(NAMELIKE | ANY_TEXT)
@example("work\n")
@example("a" * 64)
@example("a" * 65)
@example("")
def test_is_profile_name_matches_the_pattern(name: str) -> None:
    designed = DESIGNED.fullmatch(name) is not None and DEVICES.fullmatch(name) is None
    assert is_profile_name(name) is designed


@pytest.mark.parametrize("name", ["con", "nul", "aux", "prn", "com1", "com0", "lpt9"])
def test_is_profile_name_refuses_windows_devices(name: str) -> None:
    assert not is_profile_name(name)
    assert is_profile_name(name + "-1")


@pytest.mark.parametrize("name", ["", "..", "../work", "work.toml", "-p", "_x", "Work", "work laptop", "é", "\u0430"])
def test_is_profile_name_refuses_special_characters(name: str) -> None:
    with pytest.raises(InvalidName):
        check_profile_name(name)


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("Work Laptop", "work-laptop"),
        ("MacBook Pro", "macbook-pro"),
        ("CI/CD Pipeline", "ci-cd-pipeline"),
        ("  spaced  out  ", "spaced-out"),
        ("__private", "private"),
        ("../../etc/passwd", "etc-passwd"),
        ("x" * 100, "x" * 64),
        ("CON", "con-profile"),
        ("Größe", "groesse"),
        ("Gro\u0308ße", "groesse"),  # a letter and its mark apart, as macOS writes file names
        ("Ærøskøbing", "aeroeskoebing"),
        ("Café Łódź", "cafe-lodz"),
        ("日本", ""),
        ("", ""),
    ],
)
def test_suggest_profile_name_from_free_text(text: str, suggestion: str) -> None:
    assert suggest_profile_name(text) == suggestion


@given(ANY_TEXT)
def test_suggest_profile_name_is_valid_or_empty(text: str) -> None:
    suggestion = suggest_profile_name(text)
    assert suggestion == "" or is_profile_name(suggestion)


@given(st.from_regex(DESIGNED, fullmatch=True).filter(is_profile_name))
def test_check_profile_name_returns_a_valid_name(name: str) -> None:
    assert check_profile_name(name) is name


def test_check_profile_name_error_has_the_rule_and_a_suggestion() -> None:
    with pytest.raises(InvalidName, match=r"'Work Laptop' is not a profile name: use 1 to 64 of a-z") as caught:
        check_profile_name("Work Laptop")
    assert caught.value.hint == "try 'work-laptop'"
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("name", ["con", "aux", "com1", "CON"])
def test_check_profile_name_says_that_a_device_is_reserved_on_windows(name: str) -> None:
    with pytest.raises(InvalidName, match=f"^'{name}' is not a profile name: it is reserved on Windows") as caught:
        check_profile_name(name)
    assert caught.value.hint == f"try '{name.lower()}-profile'"


def test_check_profile_name_error_names_the_source() -> None:
    with pytest.raises(InvalidName, match=r"'A' is not a profile name \(from ARKA_PROFILE\)"):
        check_profile_name("A", "ARKA_PROFILE")


@given(ANY_TEXT.filter(lambda text: not is_profile_name(text)))
def test_check_profile_name_error_is_printable(name: str) -> None:
    with pytest.raises(InvalidName) as caught:
        check_profile_name(name)
    assert is_printable(caught.value.message + caught.value.hint)
    assert len(caught.value.message) < 800


# Strings that can be stored


def test_is_printable_refuses_exactly_the_unprintable_categories() -> None:
    controls = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    refused = {
        character
        for character in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
        or unicodedata.bidirectional(character) in controls
    }
    assert refused | {"\u061c", "\u200e", "\u200f", "\ufeff"} == UNPRINTABLE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("line\nbreak", "U+000A at position 5"),
        ("\x1b[31mred", "U+001B at position 1"),
        ("del\x7f", "U+007F at position 4"),
        ("c1\x9b", "U+009B at position 3"),
        ("ab\u2028", "U+2028 at position 3"),
        ("\u202egnp.exe", "U+202E at position 1"),
        ("\ud800", "U+D800 at position 1"),
    ],
)
def test_check_printable_error_has_code_and_position(text: str, said: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        check_printable(text, "the label")
    assert caught.value.message == f"the label contains a forbidden character: {said}"


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        (b"one\ntwo", "the label contains a forbidden character: U+000A at position 4", "a single line"),
        (b"\xef\xbb\xbfone", "the label contains a forbidden character: U+FEFF at position 1", "byte order mark"),
        (b"gr\xfc\xdfe", "the label is not UTF-8 text: byte 0xFC at position 3", "export LC_ALL=C.UTF-8"),
    ],
)
def test_check_printable_error_names_the_cause(content: bytes, message: str, hint: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        check_printable(content.decode("utf-8", "surrogateescape"), "the label")
    assert caught.value.message == message
    assert hint in caught.value.hint


@pytest.mark.parametrize("text", ["", "Work laptop", "naïve", "日本語", "👩‍💻 emoji", "עברית"])
def test_check_printable_accepts_ordinary_text(text: str) -> None:
    assert check_printable(text, "the label") is text


# Showing text


@given(text=st.text("ab1_- /é", max_size=60), length=st.integers(1, 50))
def test_shorten_cuts_no_word(text: str, length: int) -> None:
    shown = shorten(text, length)
    assert len(shown) <= length + 1
    if len(text) > length:
        start = shown.removesuffix("…")
        assert text.startswith(start)
        assert set(text[len(start) - 1 : len(start) + 1]) - set("ab1_-") or not start, "the cut is not within a word"


def test_shorten_keeps_what_is_short_and_escapes() -> None:
    assert (shorten("a\x1b", 2), shorten("a b" + "c" * 9, 5), shorten("x" * 200)) == (r"a\x1b", "a …", "…")


@given(ANY_TEXT)
def test_visible_is_printable_and_keeps_printable_text(text: str) -> None:
    shown = visible(text)
    assert is_printable(shown)
    assert (shown == text) is is_printable(text)


def test_visible_escapes_unprintable_characters() -> None:
    assert visible("a\x1b[0m\u202eb\n") == r"a\x1b[0m\u202eb\x0a"


# Similar names


def test_nearest_sorts_by_similarity() -> None:
    assert nearest("wrok", ["home", "work", "work2", "zebra"]) == ["work", "work2"]
    assert did_you_mean("wrok", {"work", "home"}) == "did you mean 'work'?"


def test_did_you_mean_is_empty_without_similar_names() -> None:
    assert did_you_mean("zebra", ["work", "home"]) == ""


CI_COMMANDS = ["::stop-commands::x", "##[stop-commands]x", "##vso[task.complete]", "##teamcity[x]", "###[warning]x"]


@pytest.mark.parametrize("command", CI_COMMANDS)
@pytest.mark.parametrize("before", ["", "  \t", "a\n", "\u3000"])
def test_escape_ci_commands_escapes_the_first_character_on_any_line(command: str, before: str) -> None:
    escaped = escape_ci_commands(before + command)
    assert not re.search(r"^\s*::|##\w*\[", escaped, re.MULTILINE)
    assert escaped.replace("\\x3a", ":").replace("\\x23", "#") == before + command


@pytest.mark.parametrize("command", CI_COMMANDS)
def test_escape_ci_commands_in_json_keeps_the_value(command: str) -> None:
    document = json.dumps({"a": command, "b": f"\\{command}", command: 1}, indent=2)
    escaped = escape_ci_commands_in_json(document)
    assert not re.search(r"^\s*::|##\w*\[", escaped, re.MULTILINE)
    assert json.loads(escaped) == json.loads(document)


@pytest.mark.parametrize("text", ["address ::1", "a::b", "## Heading [x]", "#[x]", "## [x]", ": :"])
def test_escape_ci_commands_keeps_other_text(text: str) -> None:
    assert escape_ci_commands(text) == text


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [(0, "token", "0 tokens"), (1, "entry", "1 entry"), (2, "audit entry", "2 audit entries"), (3, "day", "3 days")],
)
def test_count_text_uses_the_plural_unless_there_is_one(number: int, noun: str, text: str) -> None:
    assert count_text(number, noun) == text
