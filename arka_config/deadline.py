"""Calls with a time limit, also for what has none of its own: name resolution, a keyring that prompts its user."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from typing import TypeVar

    T = TypeVar("T")


# Shows a wait of the main thread: a context manager of a function that is called with the seconds left.
watcher: Callable[[], AbstractContextManager[Callable[[float], None]]] | None = None
_UNWATCHED = 1.0  # seconds: a shorter wait is not shown


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
    if watcher is None or threading.current_thread() is not threading.main_thread():
        thread.join(seconds)
    else:
        _join_watched(thread, seconds, watcher)
    if results:
        return results[0]
    raise errors[0] if errors else DeadlineExceeded


def _join_watched(
    thread: threading.Thread, seconds: float, watch: Callable[[], AbstractContextManager[Callable[[float], None]]]
) -> None:
    """Wait for a thread, and show the seconds left from the first one on."""
    import time

    end = time.monotonic() + seconds
    thread.join(min(_UNWATCHED, seconds))
    if not thread.is_alive() or seconds <= _UNWATCHED:
        return
    with watch() as show:
        while thread.is_alive() and (left := end - time.monotonic()) > 0:
            show(left)
            thread.join(min(0.5, left))
