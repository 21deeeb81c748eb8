"""Tables: on a terminal in colour and within its width, and in a pipe as plain columns with nothing cut off."""

from __future__ import annotations

import sys

from arka_config.cli.output import terminal
from arka_config.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.text import Text

    Cell = str | tuple[str, str]  # text, or text and a style of rich's

_NARROW = 80  # columns
_UNBOUNDED = 10_000  # columns, for a reader that is no terminal
_GAP = "  "
_ONE_WIDE = frozenset(map(chr, range(0x20, 0x300))) | set("…—●")  # characters of one cell, whatever the terminal


def show(columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, keep: int = 1, reveal: bool = False) -> None:
    """A table on stdout. The first `keep` columns are not folded, unless the terminal is narrow; the others share what
    is left. What looks like a token is masked, unless it is to be revealed."""
    fit = visible if reveal else terminal.safe_text
    if sys.stdout.isatty() or terminal.has_colour(sys.stdout):
        terminal.out(drawn(columns, rows, keep, fit))
    else:
        terminal.out(plain(columns, rows, fit))


def plain(columns: Sequence[str], rows: Iterable[Sequence[Cell]], fit: Callable[[str], str]) -> str:
    """The table as rich would draw it for a pipe, without importing rich, which takes longer than most commands do."""
    lines = [list(columns)]
    lines += [[fit(cell if isinstance(cell, str) else cell[0]) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        _GAP.join(text + " " * (width - _width(text)) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _width(text: str) -> int:
    """How many cells of a terminal a text takes."""
    if _ONE_WIDE.issuperset(text):
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def drawn(columns: Sequence[str], rows: Iterable[Sequence[Cell]], keep: int, fit: Callable[[str], str]) -> str:
    """The table for the terminal that stdout is, or in colour for who asked for it."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    is_terminal = sys.stdout.isatty()
    coloured = terminal.has_colour(sys.stdout)
    console = Console(
        file=sys.stdout,
        width=None if is_terminal else _UNBOUNDED,
        force_terminal=is_terminal or coloured,
        no_color=not coloured,
        color_system="standard" if coloured else None,
        highlight=False,
        markup=False,
        emoji=False,
    )
    table = Table(
        box=box.SIMPLE_HEAD if is_terminal else None,
        pad_edge=False,
        show_edge=False,
        header_style="bold" if coloured else "",
        border_style="dim" if coloured else "",
        padding=(0, 2, 0, 0),
    )
    kept = keep if console.width >= _NARROW else 0
    for at, column in enumerate(columns):
        whole = at < kept or not is_terminal
        table.add_column(column, no_wrap=whole, overflow="fold", min_width=min(len(column), 5))
    for row in rows:
        table.add_row(*(_cell(cell, coloured, fit) for cell in row))
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n"))


def _cell(cell: Cell, coloured: bool, fit: Callable[[str], str]) -> Text:
    from rich.text import Text

    text, style = (cell, "") if isinstance(cell, str) else cell
    return Text(fit(text), style=style if coloured else "")
