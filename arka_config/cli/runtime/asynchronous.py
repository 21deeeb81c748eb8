"""Run `async def` commands. click, Typer and argparse would drop the coroutine that such a function returns."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from typing import Any

F = TypeVar("F")


def run_if_async(function: F) -> F:
    """Return an `async def` function as one that runs to its end; any other value unchanged."""
    if not inspect.iscoroutinefunction(function):
        return function

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return finish(function(*args, **kwargs))

    return call  # type: ignore[return-value]  # the same function for whoever calls it as a command


def finish(result: Any) -> Any:
    """Run the coroutine that a command's function returned, and return its result. Return any other result as it is."""
    if not inspect.iscoroutine(result):
        return result
    import asyncio

    return asyncio.run(result)
