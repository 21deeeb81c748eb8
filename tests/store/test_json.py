"""The fast JSON reader and writer agree with the standard library, byte by byte."""

from __future__ import annotations

import json
import sys
import traceback

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from arka_config.errors import MalformedFile
from arka_config.store.fast.json import loads
from arka_config.store.json import dumps, parse

TEXTS = st.one_of(
    st.text(max_size=6), st.sampled_from(['": "', '"', "\\", "{", "}", "},", '",', "\n", "\x7f", "é — ü"])
)
VALUES = st.recursive(
    st.one_of(TEXTS, st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False), st.just([])),
    lambda inner: st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
TABLES = st.dictionaries(TEXTS, VALUES, max_size=4)
SECRET = "arka_secret"  # only on this line: no other line in a traceback may contain it
CREDENTIAL = {"version": 1, "token": "arka_1", "origin": "https://arka-ai.com", "label": "Work Laptop — 2"}


@given(TABLES)
@example({})
@example({"pins": {}})
@example({"version": 1, "pins": {"/home/é": "work"}, "inner": {"a": {"b": 12}}})
def test_dumps_is_read_back_by_both_parsers(table: dict[str, object]) -> None:
    text = dumps(table)
    assert text == json.dumps(table, indent=2, ensure_ascii=False) + "\n"
    assert json.loads(text) == table
    assert parse(text, "file", "") == table


@given(st.sampled_from([CREDENTIAL, {"a": {"b": {"c": 1}}, "d": "x"}]), st.data())
def test_fast_json_loads_damaged_text_as_json_does_or_not_at_all(table: dict[str, object], data: st.DataObject) -> None:
    text = dumps(table)
    at = data.draw(st.integers(0, len(text) - 1))
    damaged = text[:at] + data.draw(st.text(max_size=3)) + text[at + data.draw(st.integers(0, 3)) :]
    found = loads(damaged)
    event("read" if found is not None else "left to the package")
    if found is not None:
        assert repr(found) == repr(json.loads(damaged))


@pytest.mark.parametrize(
    "text",
    [
        '{\n  "a": 1,\n}\n',
        '{\n  "a": 1\n  "b": 2\n}\n',
        '{\n  "a": {\n    "b": 1\n  },\n}\n',
        '{\n  "a": {,\n    "b": 1\n  }\n}\n',
        '{\n  "a": 01\n}\n',
        '{\n  "a": ٣\n}\n',
        '{\n  "a": "b", "c": "d"\n}\n',
        '{\n  "a": {\n    "b": 1\n}\n',
        '{\n  "a": "x\ty"\n}\n',
        "{\n}\n",
    ],
)
def test_fast_json_does_not_load_another_layout(text: str) -> None:
    assert loads(text) is None


def test_fast_json_loads_what_dumps_writes() -> None:
    assert loads(dumps(CREDENTIAL)) == CREDENTIAL
    assert loads(dumps({"version": 1, "pins": {"/a": "b", "/c": "d"}, "x": {}, "n": 0})) is not None


def test_dumps_does_not_import_json(monkeypatch: pytest.MonkeyPatch) -> None:
    text = dumps(CREDENTIAL | {"inner": {"empty": {}, "number": 12}})
    monkeypatch.setitem(sys.modules, "json", None)
    assert dumps(CREDENTIAL | {"inner": {"empty": {}, "number": 12}}) == text
    with pytest.raises(ImportError):
        dumps({"another form": 'a "quotation"'})


def test_parse_error_has_the_position_and_not_the_text() -> None:
    with pytest.raises(MalformedFile, match=r"file, line 2, column 12: not JSON") as caught:
        parse(f'{{\n  "token": {SECRET}\n}}\n', "file", "look")
    assert caught.value.hint == "look"
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None
