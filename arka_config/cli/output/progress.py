"""Progress bars for long operations, and the time left of a wait, on stderr if that is a terminal."""

from __future__ import annotations

import contextlib
import os
import sys
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


@contextlib.contextmanager
def counter(label: str) -> Iterator[Callable[[int, int | None], None]]:
    """Show a bar during a block, and yield the function that updates it with how many are done, of how many if known.

    The bar appears with the first update, because the block may prompt on the same terminal before that, and is removed
    at the end. Without a terminal nothing is shown, or imported.
    """
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda _done, _all: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    coloured = terminal.has_colour(sys.stderr)
    console = Console(file=sys.stderr, no_color=not coloured, highlight=False, markup=False, emoji=False)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(bar_width=30), MofNCompleteColumn())
    with contextlib.ExitStack() as shown:
        bar = Progress(*columns, console=console, transient=True)
        task = bar.add_task(terminal.safe_text(label), total=None)

        def update(done: int, total: int | None) -> None:
            if not bar.live.is_started:
                shown.enter_context(bar)
            bar.update(task, completed=done, total=total)

        yield update


@contextlib.contextmanager
def countdown(label: str) -> Iterator[Callable[[float], None]]:
    """Show a line during a wait, and yield the function that updates it with the seconds left.

    On a terminal the line is rewritten, and removed at the end. Otherwise it is printed once.
    """
    is_live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    shown = ""

    def update(seconds: float) -> None:
        nonlocal shown
        minutes, rest = divmod(max(0, round(seconds)), 60)
        line = f"{label} ({minutes}:{rest:02} left)"
        if not is_live and not shown:
            terminal.say(line)
        elif is_live and line != shown:
            sys.stderr.write(f"\r\x1b[K{terminal.safe_text(line)[: terminal.columns() - 1]}")
            sys.stderr.flush()
        shown = line

    try:
        yield update
    finally:
        if is_live and shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
