"""Run several tasks at a time in threads that do not outlive the program: Ctrl-C does not wait for an answer."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    T = TypeVar("T")

AT_ONCE = 8


def start_all(tasks: Sequence[Callable[[], T]], at_once: int = AT_ONCE) -> list[Future[T]]:
    """Start to run the tasks, and return their futures in the same order. The threads are daemons."""
    futures: list[Future[T]] = [Future() for _ in tasks]
    waiting: queue.SimpleQueue[tuple[Future[T], Callable[[], T]]] = queue.SimpleQueue()
    for each in zip(futures, tasks, strict=True):
        waiting.put(each)
    for _ in range(min(at_once, len(futures))):
        threading.Thread(target=_run_next, args=(waiting,), daemon=True).start()
    return futures


def _run_next(waiting: queue.SimpleQueue[tuple[Future[T], Callable[[], T]]]) -> None:
    while True:
        try:
            future, task = waiting.get_nowait()
        except queue.Empty:
            return
        try:
            future.set_result(task())
        except BaseException as error:  # noqa: BLE001  # raised again in the thread that waits
            future.set_exception(error)
