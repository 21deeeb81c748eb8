"""TOML: errors have a position, and edits keep what the user wrote."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from arka_config.errors import ConfigError, MalformedFile
from arka_config.store import toml
from arka_config.text import is_printable

if TYPE_CHECKING:
    from pathlib import Path

PATH = "/config/work.toml"

KEYS = st.text(st.sampled_from("abc-_.é 1"), min_size=1, max_size=4)
TEXTS = st.text(max_size=8).filter(is_printable)
LEAVES = (
    TEXTS | st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.floats(allow_nan=False) | st.lists(TEXTS, max_size=3)
)
TABLES = st.recursive(
    st.dictionaries(KEYS, LEAVES, max_size=3), lambda inner: st.dictionaries(KEYS, LEAVES | inner, max_size=3)
)
CHANGES = st.dictionaries(st.lists(KEYS, min_size=1, max_size=3).map(tuple), LEAVES | st.none(), max_size=3)


def read_refusal(text: str) -> MalformedFile:
    with pytest.raises(MalformedFile) as caught:
        toml.parse(text, PATH)
    assert caught.value.path == PATH
    return caught.value


# Reading


def test_read_returns_a_table_or_none(tmp_path: Path) -> None:
    (tmp_path / "file.toml").write_text('description = "Work"\n[settings]\ntimeout = 30\n')
    assert toml.read(str(tmp_path / "file.toml")) == {"description": "Work", "settings": {"timeout": 30}}
    assert toml.read(str(tmp_path / "other.toml")) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("description =\n", "line 1, column 14: invalid value"),
        ('a = 1\nb = "two\n', "line 2, column 9: illegal character"),
        ("[settings]\n[settings]\n", "line 2, column 10: cannot declare ('settings',) twice"),
        ("a = 1\na = 2\n", "line 2, column 6: cannot overwrite a value"),
        ("[settings", "end of document: expected ']'"),
        ("a = 2027-02-30", "invalid date or datetime"),
        ("a = \x00", "line 1, column 5: invalid value"),
    ],
)
def test_parse_error_has_line_and_column(text: str, said: str) -> None:
    error = read_refusal(text)
    assert error.message.startswith(f"{PATH}: not TOML: ")
    assert said in error.message
    assert error.hint == f"${{EDITOR:-vi}} '{PATH}'"


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 5000, "a." * 5000 + "a = 1", "a = " + "9" * 5000], ids=["arrays", "keys", "digits"]
)
def test_parse_refuses_extreme_input(text: str) -> None:
    assert "not TOML" in read_refusal(text).message


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (r'description = "a\nb"', "description"),
        (r'description = "\u001b[31m"', "description"),
        ('[settings.http]\nagent = "\\u202e"', "settings.http.agent"),
        (r'settings.tags = ["fine", "\u2028"]', "settings.tags"),
        (r'settings.list = [{name = "\u0007"}]', "settings.list.name"),
        ('[settings]\n"evil\\u001b" = 1', r"settings.evil\x1b"),
        ("description = '''two\nlines'''", "description"),
    ],
)
def test_parse_refuses_control_characters_everywhere(text: str, key: str) -> None:
    error = read_refusal(text)
    assert error.message == f"{PATH}: {key} contains a control character or a direction mark"


@given(st.text() | st.text(st.sampled_from("a=.[]{}\"'\\#,\n 1-:TZ_e+")))
def test_any_text_is_a_printable_table_or_a_config_error(text: str) -> None:
    try:
        table = toml.parse(text, PATH)
    except ConfigError as error:
        shown = [error.message]
    else:
        shown = [value for _, value in toml.strings(table)]
    assert all(map(is_printable, shown))


# Checking a table


def test_unknown_key_is_an_error_with_the_nearest_one() -> None:
    with pytest.raises(MalformedFile, match=f"{PATH}: unknown key 'api_ulr'") as caught:
        toml.check_keys({"api_ulr": 1}, ["api_url", "token"], PATH)
    assert caught.value.hint == "did you mean 'api_url'?"


def test_unknown_key_without_a_similar_one_lists_all_keys() -> None:
    with pytest.raises(MalformedFile, match=r"unknown key 'token\.zebra'") as caught:
        toml.check_keys({"zebra": 1}, ["helper", "env"], PATH, "token")
    assert caught.value.hint == "the keys here are env, helper"


@pytest.mark.parametrize(
    ("value", "kind", "said"),
    [
        (1, str, "must be a string"),
        ("x", dict, "must be a table"),
        ("x", list, "must be an array"),
        ("true", bool, "must be true or false"),
        (1, bool, "must be true or false"),
        (True, int, "must be a whole number"),
        (1.0, int, "must be a whole number"),
    ],
)
def test_get_refuses_another_type(value: object, kind: type, said: str) -> None:
    with pytest.raises(MalformedFile, match=f"{PATH}: settings.timeout {said}"):
        toml.get({"timeout": value}, "timeout", kind, PATH, "settings")


def test_get_returns_the_value_or_none() -> None:
    assert toml.get({"timeout": 30}, "timeout", int, PATH) == 30
    assert toml.get({"sync": False}, "sync", bool, PATH) is False
    assert toml.get({}, "timeout", int, PATH) is None


# Editing

USER_TEXT = """\
# My work laptop. Ask Ada before you change this.

description = "Work"   # shown in lists

[settings]
# seconds; the VPN is slow
timeout = 30

http = { retries = 3, agent = "x" }  # inline

[token]
env = "WORK_TOKEN"
"""


def test_edit_changes_one_line_only() -> None:
    edited = toml.edit(USER_TEXT, {("settings", "timeout"): 60}, PATH)
    assert edited == USER_TEXT.replace("timeout = 30", "timeout = 60")


def test_edit_keeps_the_line_and_its_comment() -> None:
    edited = toml.edit(USER_TEXT, {("description",): "Office", ("settings", "http", "retries"): 5}, PATH)
    assert edited == USER_TEXT.replace('"Work"', '"Office"').replace("retries = 3", "retries = 5")


def test_edit_removes_only_the_value() -> None:
    edited = toml.edit(USER_TEXT, {("settings", "timeout"): None, ("token", "env"): None}, PATH)
    assert tomllib.loads(edited) == {
        "description": "Work",
        "settings": {"http": {"retries": 3, "agent": "x"}},
        "token": {},
    }
    assert "# My work laptop." in edited
    assert "# seconds; the VPN is slow" in edited


def test_edit_removing_a_missing_value_changes_nothing() -> None:
    changes = {("settings", "other"): None, ("no", "such", "table"): None, ("description", "inner"): None}
    assert toml.edit(USER_TEXT, changes, PATH) == USER_TEXT


@pytest.mark.parametrize(
    "text",
    [
        "[settings.http]\nretries = 3\n[token]\nenv = 'X'\n[settings]\ntimeout = 30\n",
        "settings.http.retries = 3\nsettings.timeout = 30\ntoken.env = 'X'\n",
        "settings = {http = {retries = 3}, timeout = 30}\ntoken = {env = 'X'}\n",
        "[settings]\nhttp.retries = 3\ntimeout = 30\n[token]\nenv = 'X'\n",
    ],
    ids=["out of order", "dotted", "inline", "dotted below a table"],
)
@pytest.mark.parametrize(
    ("changes", "settings"),
    [
        ({("settings", "timeout"): 60}, {"timeout": 60, "http": {"retries": 3}}),
        ({("settings", "timeout"): None}, {"http": {"retries": 3}}),
        ({("settings", "region"): "eu"}, {"timeout": 30, "http": {"retries": 3}, "region": "eu"}),
        ({("settings", "http", "retries"): 4}, {"timeout": 30, "http": {"retries": 4}}),
        ({("settings", "http", "agent"): "x"}, {"timeout": 30, "http": {"retries": 3, "agent": "x"}}),
    ],
    ids=["set", "remove", "add", "set deeper", "add deeper"],
)
def test_edit_handles_every_way_to_write_a_table(
    text: str, changes: dict[tuple[str, ...], Any], settings: dict[str, Any]
) -> None:
    assert tomllib.loads(toml.edit(text, changes, PATH)) == {"settings": settings, "token": {"env": "X"}}


@given(TABLES, CHANGES)
def test_edited_text_has_the_old_values_and_the_changes(
    table: dict[str, Any], changes: dict[tuple[str, ...], Any]
) -> None:
    edited = toml.edit(toml.dumps(table), changes, PATH)
    toml.apply_changes(table, changes)
    assert tomllib.loads(edited) == table


LETTERS = st.sampled_from("abc")
LINES = st.lists(
    st.lists(LETTERS, min_size=1, max_size=3).map(lambda keys: ".".join(keys) + " = 1  # one")
    | st.lists(LETTERS, min_size=1, max_size=2).map(lambda keys: "[" + ".".join(keys) + "]"),
    max_size=6,
).map(lambda lines: "\n".join(lines) + "\n")
SMALL_CHANGES = st.dictionaries(
    st.lists(LETTERS, min_size=1, max_size=3).map(tuple), st.sampled_from([None, 2]), min_size=1, max_size=2
)


def is_toml(text: str) -> bool:
    try:
        return tomllib.loads(text) is not None
    except tomllib.TOMLDecodeError:
        return False


def without_empty_tables(table: dict[str, Any]) -> dict[str, Any]:
    pruned = {key: without_empty_tables(value) if isinstance(value, dict) else value for key, value in table.items()}
    return {key: value for key, value in pruned.items() if value != {}}


@given(LINES.filter(is_toml), SMALL_CHANGES)
@example("c.a = 0\nb = 3\n", {("c", "d", "a"): 11})
@example("c.b = 1\na = 4\n\n", {("c", "c", "a"): 11})
def test_edit_is_exact_or_refused_for_any_toml(text: str, changes: dict[tuple[str, ...], Any]) -> None:
    try:
        edited = toml.edit(text, changes, PATH)
    except MalformedFile:
        event("not at all")
        return
    table = tomllib.loads(text)
    toml.apply_changes(table, changes)
    assert without_empty_tables(tomllib.loads(edited)) == without_empty_tables(table)


def test_edit_refuses_split_tables_it_cannot_change_safely() -> None:
    with pytest.raises(MalformedFile, match="cannot change safely") as caught:
        toml.edit("c.a = 0\nb = 3\n", {("c", "d", "a"): 11}, PATH)
    assert caught.value.hint == f"${{EDITOR:-vi}} '{PATH}'"


def test_apply_changes_sets_and_removes_by_path() -> None:
    table: dict[str, Any] = {"a": 1, "b": {"c": 2, "d": 3}}
    toml.apply_changes(table, {("a",): None, ("b", "c"): 4, ("b", "e", "f"): 5, ("x", "y"): None, ("b", "d", "g"): 6})
    assert table == {"b": {"c": 4, "d": {"g": 6}, "e": {"f": 5}}}


@given(TABLES)
def test_dumps_round_trips(table: dict[str, Any]) -> None:
    assert toml.parse(toml.dumps(table), PATH) == table
