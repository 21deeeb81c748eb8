"""How much the tests of guarantees try, and the numbers of what they tried, which docs/explanation/guarantees.md shows.

If `GUARANTEES` is unset, as in `make test`, some of the cases are tried. `cases` tries each one, and is for a mutant's
guard, and for CI's other Pythons. `full` tries each one in every way, as CI does once. `GUARANTEES_NUMBERS` names the
folder for the numbers.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, TypeVar
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pytest

T = TypeVar("T")

FULL = os.environ.get("GUARANTEES") == "full"
BOUNDED = os.environ.get("GUARANTEES", "") == ""
# Read at import: the `isolation` fixture changes the environment.
_FOLDER = os.environ.get("GUARANTEES_NUMBERS")


def part_of(cases: Iterable[T], every: int, *, first: int = 0) -> list[T]:
    """Return all cases. In a bounded run, return one of every so many, from this one on."""
    return list(cases)[first % every :: every] if BOUNDED else list(cases)


def leave_out(
    config: pytest.Config, items: list[pytest.Item], matches: Callable[[pytest.Item], bool], *, every: int
) -> None:
    """In a bounded run, keep one of every so many of the matching tests, or none; every process keeps the same ones."""
    numbers = {item: crc32(item.nodeid.partition("[")[0].encode()) for item in items if BOUNDED and matches(item)}
    left_out = {item for item, number in numbers.items() if not every or number % every}
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]


def record(topic: str, name: str, number: str) -> None:
    """Write one number of a topic to a file of its own, because tests run in parallel."""
    if _FOLDER:
        slug = re.sub(r"[^a-z0-9-]+", "-", name.lower())[:80]
        os.makedirs(_FOLDER, exist_ok=True)
        with open(os.path.join(_FOLDER, f"{topic}.{slug}"), "w", encoding="utf-8") as file:
            file.write(number)
