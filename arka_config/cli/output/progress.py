"""Progress of what takes long, on stderr, and only where that is a terminal."""

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


def track(items: Sequence[T], what: str) -> Iterator[T]:
    """The items, one after another, with a bar that says how many are done. `what` stands before it: `Asking`."""
    with counter(what) as tell:
        for done, item in enumerate(items):
            tell(done, len(items))
            yield item
        tell(len(items), len(items))


@contextlib.contextmanager
def counter(what: str) -> Iterator[Callable[[int, int], None]]:
    """A function to be told how many are done, and of how many. `what` stands before the bar: `Sealing`.

    The bar comes with the first call and not before: until then something may be asked for on the same terminal. It is
    gone at the end. Where stderr is no terminal, nothing is shown and nothing imported.
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
        task = bar.add_task(terminal.safe_text(what), total=None)

        def tell(done: int, of: int) -> None:
            if not bar.live.is_started:
                shown.enter_context(bar)
            bar.update(task, completed=done, total=of)

        yield tell
