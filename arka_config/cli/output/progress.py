"""Progress bars for long operations, and the time left of a wait, on stderr if that is a terminal."""

from __future__ import annotations

import contextlib
import math
import os
import sys
from time import monotonic as now
from typing import TYPE_CHECKING

from arka_config.cli.output import terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeVar

    T = TypeVar("T")


def track(items: Sequence[T], label: str) -> Iterator[T]:
    """Yield the items, with a bar that counts them."""
    with counter(label) as update:
        for done, item in enumerate(items):
            update(done, len(items))
            yield item
        update(len(items), len(items))


_shown = 0  # bars and countdowns on the terminal now: they share one line, so only one is shown


def _is_live() -> bool:
    """Whether a line on stderr can be rewritten, and none is yet."""
    return not _shown and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


@contextlib.contextmanager
def _showing() -> Iterator[None]:
    global _shown  # noqa: PLW0603  # there is one terminal
    _shown += 1
    try:
        yield
    finally:
        _shown -= 1


@contextlib.contextmanager
def counter(label: str) -> Iterator[Callable[[int, int | None], None]]:
    """Show a bar during a block, and yield the function that updates it with how many are done, of how many if known.

    The bar appears with the first update, because the block may prompt on the same terminal before that, and is removed
    at the end. After a second it shows the time left, or the time taken if the number of items is not known. Without a
    terminal nothing is shown, or imported.
    """
    if not _is_live():
        yield lambda _done, _all: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    coloured = terminal.has_colour(sys.stderr)
    console = Console(file=sys.stderr, no_color=not coloured, highlight=False, markup=False, emoji=False)
    bar_column = BarColumn(bar_width=min(30, max(10, terminal.columns() - 50)))
    columns = (
        TextColumn("{task.description}", markup=False),
        bar_column,
        MofNCompleteColumn(),
        TextColumn("{task.fields[time]}", markup=False),
    )
    with contextlib.ExitStack() as shown:
        bar = Progress(*columns, console=console, transient=True)
        task = bar.add_task(terminal.safe_text(label), total=None, time="")
        began = now()

        def update(done: int, total: int | None) -> None:
            nonlocal began
            if not bar.live.is_started:
                began = now()
                shown.enter_context(_showing())
                shown.enter_context(bar)
            bar.update(task, completed=done, total=total, time=time_left(now() - began, done, total))

        yield update


def time_left(seconds: float, done: int, total: int | None) -> str:
    """Return how long the rest will take at the speed so far, `0:12 left`; without a total, the time taken so far.

    Empty in the first second, when nothing is done and when all is.
    """
    if seconds < 1 or not done or done == total:
        return ""
    if total is None:
        return clock(seconds)
    return f"{clock(seconds / done * (total - done))} left"


def clock(seconds: float) -> str:
    """Return minutes and seconds: `1:05`. Parts of a second are rounded up, so that there is always some time left."""
    minutes, rest = divmod(max(0, math.ceil(seconds)), 60)
    return f"{minutes}:{rest:02}"


@contextlib.contextmanager
def busy(label: str) -> Iterator[None]:
    """Show on a terminal how long a block has been running, if it is not known how long it takes."""
    if not _is_live():
        yield
        return
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    console = Console(file=sys.stderr, no_color=not terminal.has_colour(sys.stderr), highlight=False, emoji=False)
    columns = (TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with _showing(), Progress(*columns, console=console, transient=True) as bar:
        bar.add_task(terminal.safe_text(label), total=None)
        yield


@contextlib.contextmanager
def waiting() -> Iterator[Callable[[float], None]]:
    """Show on a terminal that an answer is awaited, and yield the function that updates it with the seconds left."""
    if not _is_live():
        yield lambda _: None
        return
    with countdown("Waiting for an answer") as update:
        yield update


@contextlib.contextmanager
def countdown(label: str) -> Iterator[Callable[[float], None]]:
    """Show a line during a wait, and yield the function that updates it with the seconds left.

    On a terminal the line is rewritten, and removed at the end. Otherwise it is printed once.
    """
    is_live = _is_live()
    shown = ""

    def update(seconds: float) -> None:
        nonlocal shown
        line = f"{label} ({clock(seconds)} left)"
        if not is_live and not shown:
            terminal.say(line)
        elif is_live and line != shown:
            sys.stderr.write(f"\r\x1b[K{terminal.safe_text(line)[: terminal.columns() - 1]}")
            sys.stderr.flush()
        shown = line

    try:
        with _showing():
            yield update
    finally:
        if is_live and shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
