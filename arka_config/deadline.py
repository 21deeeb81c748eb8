"""Calls with a time limit, also for what has none of its own: name resolution, a keyring that prompts its user."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    T = TypeVar("T")


class DeadlineExceeded(Exception):
    """The call has not returned in time. It continues in its thread, and its result is dropped."""


def call_within(seconds: float, call: Callable[[], T]) -> T:
    """Run a call in a daemon thread and return its result or raise its error. Raises DeadlineExceeded."""
    import threading

    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:  # noqa: BLE001  # raised again in the thread that waits
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if results:
        return results[0]
    raise errors[0] if errors else DeadlineExceeded
