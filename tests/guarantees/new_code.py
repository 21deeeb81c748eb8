"""Give the functions of an imported module the code that they have in the changed file, without importing it again."""

from __future__ import annotations

import gc
import inspect
from types import CodeType, FunctionType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Functions = dict[tuple[str, str, int], list[FunctionType]]


class CodeOutsideFunctions(Exception):
    """The change is in code that ran when the module was imported."""


def functions_of(folder: str) -> Functions:
    """Find every function whose code is in a file of a folder, by its file, qualified name and first line."""
    gc.unfreeze()  # `tests/conftest.py` hides what the collection created
    found: Functions = {}
    for value in gc.get_objects():
        if isinstance(value, FunctionType) and value.__code__.co_filename.startswith(folder):
            found.setdefault(_key(value.__code__), []).append(value)
    gc.freeze()
    return found


def replace_code(functions: Functions, path: str, before: str, after: str) -> None:
    """Replace the code of each function that differs. Raises CodeOutsideFunctions if more than functions differ."""
    for old, new in _changed_functions(compile(before, path, "exec"), compile(after, path, "exec")):
        for function in functions.get(_key(old), []):
            if old.co_freevars != new.co_freevars:
                raise CodeOutsideFunctions(old.co_qualname)  # its variables are bound when it is defined
            function.__code__ = new


def _key(code: CodeType) -> tuple[str, str, int]:
    return code.co_filename, code.co_qualname, code.co_firstlineno


def _changed_functions(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Yield the functions that differ, of a module or the body of a class, before and after."""
    old_parts, new_parts = _parts(old), _parts(new)
    if len(old_parts) != len(new_parts) or _without_lines(old, within=False) != _without_lines(new, within=False):
        raise CodeOutsideFunctions(old.co_qualname)
    for before, after in zip(old_parts, new_parts, strict=True):
        if not before.co_flags & inspect.CO_OPTIMIZED:  # the body of a class
            yield from _changed_functions(before, after)
        elif _without_lines(before) != _without_lines(after):
            yield before, after


def _parts(code: CodeType) -> list[CodeType]:
    return [value for value in code.co_consts if isinstance(value, CodeType)]


def _without_lines(code: CodeType, *, within: bool = True) -> CodeType:
    """Return code without its lines' numbers, to compare it; with or without the functions within."""
    values = (
        (_without_lines(value) if within else None) if isinstance(value, CodeType) else value
        for value in code.co_consts
    )
    return code.replace(co_consts=tuple(values), co_firstlineno=1, co_linetable=b"")
