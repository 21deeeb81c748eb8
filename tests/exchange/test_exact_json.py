"""JSON survives a round trip: order, the spelling of numbers, and every string that JSON can hold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arka_config.exchange.exact_json import DEEPEST, Document, Fault, Number, dump, parse

if TYPE_CHECKING:
    from arka_config.exchange.exact_json import Value


def _join_surrogates(text: str) -> str:
    """Join adjacent surrogates to one character, as JSON parsers do."""
    read: str = json.loads(json.dumps(text))
    return read


numbers = st.from_regex(r"\A-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?\Z").map(Number)
texts = st.text(st.characters()).map(_join_surrogates)
values: st.SearchStrategy[Value] = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
documents = st.dictionaries(texts, values, max_size=6).map(Document)


@given(documents)
def test_document_survives_a_round_trip(document: Document) -> None:
    text = dump(document)
    again = parse(text)
    assert isinstance(again, Document)
    assert again == document
    assert list(again) == list(document)
    assert dump(again) == text
    assert text.encode("utf-8")


@given(documents)
def test_output_is_valid_json_for_the_standard_parser(document: Document) -> None:
    assert list(json.loads(dump(document))) == list(document)


@pytest.mark.parametrize("number", ["1e400", "-1E-999", "0.10", "-0", "-0.0", "1e5", "9" * 30, "9" * 5000])
def test_number_keeps_its_spelling(number: str) -> None:
    document = parse(f'{{"n":{number}}}')
    assert isinstance(document, Document)
    assert dump(document) == f'{{\n\t"n": {number}\n}}'


def test_layout_equals_that_of_javascript() -> None:
    document = parse('{"b":{},"a":[],"c":[1,{"d":null}],"é":"\\ud800\\u0000\\u007f\\/"}')
    assert isinstance(document, Document)
    assert dump(document) == (
        '{\n\t"b": {},\n\t"a": [],\n\t"c": [\n\t\t1,\n\t\t{\n\t\t\t"d": null\n\t\t}\n\t],'
        '\n\t"é": "\\ud800\\u0000\x7f/"\n}'
    )


def test_last_of_two_equal_keys_wins_at_the_place_of_the_first() -> None:
    document = parse('{"a":1,"b":2,"a":3}')
    assert isinstance(document, Document)
    assert list(document.items()) == [("a", Number("3")), ("b", Number("2"))]


@pytest.mark.parametrize(
    ("text", "reason", "line", "column"),
    [
        ("", "not valid JSON", 1, 1),
        ('{"a": 1,\n "b" 2}', "not valid JSON", 2, 6),
        ('{"a": 1} x', "not valid JSON", 1, 10),
        ("// settings\n{}", "not valid JSON", 1, 1),
        ('{"a": "NaN \\" NaN",\n\t"b": NaN}', "not valid JSON", 2, 7),
        ('{"a": -Infinity}', "not valid JSON", 1, 7),
        ('[{"a": 1}]', "not a JSON object", 1, 1),
        ('"text"', "not a JSON object", 1, 1),
        ("[" * 100_000, "nested too deeply", 1, 1),
        ('{"a":' * 300 + "1" + "}" * 300, "nested too deeply", 1, 1),
    ],
)
def test_parse_reports_the_place_of_a_fault(text: str, reason: str, line: int, column: int) -> None:
    fault = parse(text)
    assert isinstance(fault, Fault)
    assert (fault.reason, fault.line, fault.column) == (reason, line, column)


def test_deepest_accepted_document_can_be_written() -> None:
    document = parse('{"a":' * DEEPEST + "1" + "}" * DEEPEST)
    assert isinstance(document, Document)
    assert parse(dump(document)) == document


def test_repr_of_a_document_shows_no_values() -> None:
    assert repr(Document(token="arka_canary")) == "Document(…)"
