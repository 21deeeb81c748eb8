"""The scanner finds the position of every key in a TOML text."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from arka_config.templates.positions import Position, TemplateText, key_offsets

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
KEYS = TEXT.filter(bool) | st.sampled_from(["a", "b", "a b", "x.y", 'q"t', "é", "#"])
LEAVES = st.integers(-(10**9), 10**9) | st.floats() | st.booleans() | TEXT | st.datetimes() | st.dates() | st.times()
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)


def paths(value: Any, within: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*within, str(key))
        yield from paths(item, (*within, str(key)))


@given(st.dictionaries(KEYS, VALUES, max_size=4), st.booleans())
def test_every_key_of_any_document_is_found(table: dict[str, Any], multiline: bool) -> None:
    text = tomli_w.dumps(table, multiline_strings=multiline)
    assert set(key_offsets(text)) == set(paths(tomllib.loads(text)))


@given(st.dictionaries(st.sampled_from(["a", "b", "c-d"]), VALUES, min_size=1, max_size=3))
def test_an_offset_points_at_its_key(table: dict[str, Any]) -> None:
    text = tomli_w.dumps(table)
    for key in table:
        offset = key_offsets(text)[key,]
        assert text[offset:].startswith(key)


STYLES = """# a comment = [x]
version = 1 # another
"quoted key" = '''
[not.a.table]
'''
a.b.c = { d = 1, "e" = [ { f = "}" }, 2 ] }
[t]
when = 2026-11-24 12:00:00
list = [
  "x", # ]
  'y',
]
[[many]]
n = 1
[[many]]
n = 2
[many.inner]
z = \"\"\"a\\\"\"\"\"\"
"""


@pytest.mark.parametrize(
    ("path", "position"),
    [
        (("version",), (2, 1)),
        (("quoted key",), (3, 1)),
        (("a", "b"), (6, 1)),
        (("a", "b", "c", "d"), (6, 11)),
        (("a", "b", "c", "e", "0", "f"), (6, 28)),
        (("t",), (7, 2)),
        (("t", "when"), (8, 1)),
        (("t", "list", "1"), (11, 3)),
        (("many", "0", "n"), (14, 1)),
        (("many", "1", "n"), (16, 1)),
        (("many", "1", "inner", "z"), (18, 1)),
        (("t", "missing"), (7, 2)),
        (("nowhere",), (1, 1)),
    ],
)
def test_position_of_keys_in_every_toml_style(path: tuple[str, ...], position: tuple[int, int]) -> None:
    tomllib.loads(STYLES)
    assert TemplateText("a.toml", "/", "a.toml", STYLES).position(path) == Position(*position)
