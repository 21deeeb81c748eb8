"""The public names: complete, sorted and importable."""

from __future__ import annotations

import ast
import inspect
import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import arka_config
from arka_config import testing
from arka_config.cli.runtime import run as runner

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "public-api.md"


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


def read_names(module: str) -> set[str]:
    """Return the names in the first column of the table below a module's heading."""
    section = PAGE.read_text("utf-8").partition(f"## `{module}`\n")[2].partition("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def test_page_lists_the_public_names_and_no_others() -> None:
    assert read_names("arka_config") == set(arka_config.__all__)
    assert read_names("arka_config.testing") == set(testing.__all__)
    assert testing.__all__ == sorted(testing.__all__, key=lambda name: (not name.isupper(), name))
    assert arka_config.run is runner.run


def public_members(found: Any) -> Iterator[tuple[str, object]]:
    """Yield the public methods and properties of a class, and of its private bases."""
    for base in found.__mro__ if isinstance(found, type) else ():
        if base.__module__.startswith("arka_config"):
            for name, value in vars(base).items():
                function = getattr(value, "__func__", value)
                if not name.startswith("_") and (inspect.isfunction(function) or isinstance(value, property)):
                    yield f"{found.__name__}.{name}", inspect.getdoc(function) or getattr(found, name).__doc__


@pytest.mark.parametrize("module", ["arka_config", "arka_config.testing"])
def test_every_public_name_and_method_has_a_docstring(module: str) -> None:
    public = import_module(module)
    found = {name: getattr(public, name) for name in public.__all__ if name != "USER"}
    assert [name for name, value in found.items() if not inspect.getdoc(value)] == []
    members = [member for value in found.values() for member in public_members(value)]
    assert len(members) > (100 if module == "arka_config" else 5)
    assert [name for name, text in members if not text] == []


def test_arka_itself_uses_public_names_only() -> None:
    """From their own modules: the package's `__getattr__` imports importlib, which the fast path must not."""
    public = [getattr(arka_config, name) for name in arka_config.__all__]
    for path in (Path(arka_config.__file__).parent / "arka").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("arka_config"):
                for alias in node.names:
                    found = getattr(import_module(str(node.module)), alias.name)
                    assert node.module == "arka_config.arka" or found in public, f"{path.name}: {alias.name}"
