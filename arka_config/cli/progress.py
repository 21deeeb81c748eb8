"""Progress of what takes long, on stderr, and only where that is a terminal."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from arka_config.cli import terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TypeVar

    T = TypeVar("T")


def tracked(items: Sequence[T], what: str) -> Iterator[T]:
    """The items, one after another, with a bar that says how many are done. `what` stands before it: `Sealing`.

    The bar is gone when the last item is done. Where stderr is no terminal, nothing is shown and nothing imported.
    """
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield from items
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    coloured = terminal.has_colour(sys.stderr)
    console = Console(file=sys.stderr, no_color=not coloured, highlight=False, markup=False, emoji=False)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(bar_width=30), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield from progress.track(items, description=terminal.fit(what))
