"""The progress of a change that writes every token anew: a bar on a terminal, and nothing in a pipe."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextlib.contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A function to be told how many tokens are done, and of how many."""
    if not sys.stderr.isatty():
        yield lambda _done, _all: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from arka_config.cli import terminal

    console = Console(stderr=True, no_color=not terminal.has_colour(sys.stderr))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    # Begun at the first token and not before: until then a passphrase may be asked for on the same terminal.
    with contextlib.ExitStack() as shown:
        bar = Progress(*columns, console=console, transient=True)
        tasks: list[int] = []

        def tell(done: int, of: int) -> None:
            if not tasks:
                shown.enter_context(bar)
                tasks.append(bar.add_task(what, total=of))
            bar.update(tasks[0], completed=done)  # type: ignore[arg-type]  # rich's own name for a number

        yield tell


def tokens(number: int) -> str:
    """`1 token`, `7 tokens`."""
    return f"{number} token{'' if number == 1 else 's'}"
