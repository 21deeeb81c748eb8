"""What a profile may be called, what may be stored, and how the rest is shown."""

from __future__ import annotations

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
    did_you_mean,
    is_printable,
    is_profile_name,
    nearest,
    suggest_profile_name,
    visible,
)

DESIGNED = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")  # section 4
DEVICES = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]")

NAMELIKE = st.text(st.sampled_from("abz019_-A.é/\n "), max_size=70) | st.from_regex(DESIGNED, fullmatch=True)
ANY_TEXT = st.text(st.characters(exclude_categories=()))  # surrogates too


# Names of profiles


@given(NAMELIKE | ANY_TEXT)
@example("work\n")
@example("a" * 64)
@example("a" * 65)
@example("")
def test_a_profile_name_is_what_the_design_says(name: str) -> None:
    designed = DESIGNED.fullmatch(name) is not None and DEVICES.fullmatch(name) is None
    assert is_profile_name(name) is designed


@pytest.mark.parametrize("name", ["con", "nul", "aux", "prn", "com1", "com0", "lpt9"])
def test_a_windows_device_is_no_profile_name(name: str) -> None:
    assert not is_profile_name(name)
    assert is_profile_name(name + "-1")


@pytest.mark.parametrize("name", ["", "..", "../work", "work.toml", "-p", "_x", "Work", "work laptop", "é", "\u0430"])
def test_nothing_that_means_something_else_to_a_shell_or_a_folder_is_a_profile_name(name: str) -> None:
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
        ("CON", ""),
        ("日本", ""),
        ("", ""),
    ],
)
def test_free_text_suggests_the_nearest_profile_name(text: str, suggestion: str) -> None:
    assert suggest_profile_name(text) == suggestion


@given(ANY_TEXT)
def test_a_suggestion_is_a_profile_name_or_nothing(text: str) -> None:
    suggestion = suggest_profile_name(text)
    assert suggestion == "" or is_profile_name(suggestion)


@given(st.from_regex(DESIGNED, fullmatch=True).filter(is_profile_name))
def test_a_good_name_comes_back_as_it_is(name: str) -> None:
    assert check_profile_name(name) is name


def test_a_bad_name_is_answered_with_the_rule_and_a_name_that_would_do() -> None:
    with pytest.raises(InvalidName, match=r"'Work Laptop' is not a profile name: use 1 to 64 of a-z") as caught:
        check_profile_name("Work Laptop")
    assert caught.value.hint == "try 'work-laptop'"
    assert caught.value.exit_code == 2


def test_a_bad_name_says_where_it_came_from() -> None:
    with pytest.raises(InvalidName, match=r"'A' is not a profile name \(from ARKA_PROFILE\)"):
        check_profile_name("A", "ARKA_PROFILE")


@given(ANY_TEXT.filter(lambda text: not is_profile_name(text)))
def test_a_bad_name_s_error_can_be_shown_on_a_terminal(name: str) -> None:
    with pytest.raises(InvalidName) as caught:
        check_profile_name(name)
    assert is_printable(caught.value.message + caught.value.hint)
    assert len(caught.value.message) < 800


# What may be stored


def test_no_control_line_separator_surrogate_or_direction_mark_may_be_stored_and_all_else_may() -> None:
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
def test_a_character_that_may_not_be_stored_is_named_by_code_and_place(text: str, said: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        check_printable(text, "the label")
    assert caught.value.message == f"the label contains a forbidden character: {said}"


@pytest.mark.parametrize("text", ["", "Work laptop", "naïve", "日本語", "👩‍💻 emoji", "עברית"])
def test_what_people_write_may_be_stored(text: str) -> None:
    assert check_printable(text, "the label") is text


# How text is shown


@given(ANY_TEXT)
def test_shown_text_is_printable_and_printable_text_is_shown_as_it_is(text: str) -> None:
    shown = visible(text)
    assert is_printable(shown)
    assert (shown == text) is is_printable(text)


def test_an_unprintable_character_is_shown_as_an_escape() -> None:
    assert visible("a\x1b[0m\u202eb\n") == r"a\x1b[0m\u202eb\x0a"


# Near names


def test_the_names_that_are_spelled_most_alike_come_first() -> None:
    assert nearest("wrok", ["home", "work", "work2", "zebra"]) == ["work", "work2"]
    assert did_you_mean("wrok", {"work", "home"}) == "did you mean 'work'?"


def test_nothing_is_suggested_when_nothing_is_near() -> None:
    assert did_you_mean("zebra", ["work", "home"]) == ""
