"""The scanner finds every key of a TOML text, and renames keys without changing anything else."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from arka_config.store.toml_keys import key_offsets, rename_keys

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


@given(st.dictionaries(st.sampled_from(["a", "b", "c-d", "x y"]), VALUES, max_size=3))
def test_every_key_of_any_document_is_renamed_and_no_value_changes(table: dict[str, Any]) -> None:
    text = tomli_w.dumps(table)
    names = {part for path in key_offsets(text) for part in path}
    new = {name: f"n{number}" for number, name in enumerate(sorted(names))}
    renamed = rename_keys(text, lambda path: new[path[-1]])
    assert repr(tomllib.loads(renamed)) == repr(_rename(tomllib.loads(text), new))


def _rename(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {names[key]: _rename(item, names) for key, item in value.items()}
    return [_rename(item, names) for item in value] if isinstance(value, list) else value


def test_renaming_changes_only_the_characters_of_the_key() -> None:
    text = '# a\r\n"a"   =  {b=1,c = "a"} # a\r\n[ d . a ]\na.b = [\n 1, # a\n]\n'
    new = {("a",): "x", ("d", "a"): "y", ("d", "a", "a", "b"): "two words"}
    wanted = '# a\r\nx   =  {b=1,c = "a"} # a\r\n[ d . y ]\na."two words" = [\n 1, # a\n]\n'
    assert rename_keys(text, lambda path: new.get(path, path[-1])) == wanted
