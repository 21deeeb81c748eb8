"""Run `async def` commands. click, Typer and argparse would drop the coroutine that such a function returns."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, TypeVar

from arka_config.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

F = TypeVar("F")


def run_if_async(function: F) -> F:
    """Return an `async def` function as one that runs to its end; any other value unchanged."""
    if not inspect.iscoroutinefunction(function):
        return function

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return finish(function(*args, **kwargs))

    return call  # type: ignore[return-value]  # for a caller, the same function


def finish(result: Any) -> Any:
    """Run the coroutine that a command's function returned, and return its result. Return any other result as it is.

    Raises ConfigError in a running event loop, which cannot be waited for here.
    """
    if not inspect.iscoroutine(result):
        return result
    import asyncio

    if not is_in_loop():
        return asyncio.run(result)
    name = _name_of(result)
    result.close()  # else Python warns that it was never awaited
    raise ConfigError(
        f"the command '{name}' is async, and was called in an event loop that is running already",
        hint="call the program in a thread of its own: await asyncio.to_thread(main)",
    )


def is_in_loop() -> bool:
    """Whether an event loop runs in this thread. Does not import asyncio."""
    import sys

    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and asyncio._get_running_loop() is not None


def _name_of(coroutine: Coroutine[Any, Any, Any]) -> str:
    return getattr(coroutine, "__name__", "") or type(coroutine).__name__
