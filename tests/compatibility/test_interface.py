"""The interface of every recorded version: no command, option, variable or public name is removed, and errors keep
their exit codes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.compatibility.conftest import FOLDER
from tests.compatibility.interface import interface

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDED = sorted(path.parent.name for path in FOLDER.glob("*/interface.json"))


def find_breaks(before: Any, now: Any, path: str = "") -> Iterator[str]:
    """Yield what a later interface lacks, or has with another value."""
    if isinstance(before, dict):
        for key, value in before.items():
            yield from find_breaks(value, now[key], f"{path}.{key}") if key in now else [f"{path}.{key}: removed"]
    elif isinstance(before, list):
        yield from (f"{path}: {each} removed" for each in before if each not in now)
    elif before != now:
        yield f"{path}: {before}, now {now}"


@pytest.mark.parametrize("version", RECORDED)
def test_nothing_of_the_interface_is_removed(version: str) -> None:
    before = json.loads((FOLDER / version / "interface.json").read_text("utf-8"))
    assert len(before["commands"]) > 50
    assert min(map(len, before.values())) > 1
    assert list(find_breaks(before, interface())) == []


@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        ({"a": ["--x"]}, {"a": ["--x", "--y"], "b": []}, []),
        ({"a": ["--x"]}, {"a": ["--y"]}, [".a: --x removed"]),
        ({"a": {"b": 1}}, {"a": {}}, [".a.b: removed"]),
        ({"a": {"b": 1}}, {"a": {"b": 4}}, [".a.b: 1, now 4"]),
    ],
)
def test_interface_check_finds_each_change_that_breaks_a_caller(before: Any, now: Any, found: list[str]) -> None:
    assert list(find_breaks(before, now)) == found
