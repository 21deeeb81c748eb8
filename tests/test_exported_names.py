"""The public names: complete, sorted and importable."""

from __future__ import annotations

import ast
from pathlib import Path

import arka_config


def test_all_is_sorted_and_every_name_loads() -> None:
    assert arka_config.__all__ == sorted(arka_config.__all__)
    assert set(arka_config.__all__) == set(arka_config._HOMES)
    for name in arka_config.__all__:
        assert getattr(arka_config, name).__name__ == name


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(arka_config.__file__).read_text(encoding="utf-8"))
    told = {alias.asname for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert told - {None, "annotations"} == set(arka_config.__all__)


def test_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(arka_config, "Nonsense")
    assert "App" in dir(arka_config)
