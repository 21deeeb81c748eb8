"""Tables: on a terminal in colour and folded to its width, in a pipe as plain columns in full."""

from __future__ import annotations

import sys
from itertools import zip_longest
from typing import TYPE_CHECKING

from arka_config.cli.output import terminal
from arka_config.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Cell = str | tuple[str, str]  # a text, or a text and its style: "dim", "bold", or a colour

_NARROW = 80  # columns
_LEAST_WIDTH = 5
_MOST_PER_CELL = 8  # characters in a cell: a letter with marks, or an emoji of several
_GAP = "  "
_WIDE_GAP = "   "  # on a terminal
_ONE_WIDE = frozenset(map(chr, range(0x20, 0x300))) | set("…—●")  # characters that take one cell on every terminal


def show(columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, keep: int = 1, reveal: bool = False) -> None:
    """Print a table to stdout.

    If it is wider than the terminal, the texts after the first `keep` columns are folded, and on a narrow terminal all
    of them. Tokens are masked unless `reveal`.
    """
    clean = visible if reveal else terminal.safe_text
    cells = [[(name, "bold") for name in columns]]
    cells += [[(clean(text), style) for text, style in map(_with_style, row)] for row in rows]
    terminal.out_report("\n".join(_lines(cells, terminal.columns() if sys.stdout.isatty() else None, keep)))


def show_pages(columns: Sequence[str], pages: Iterable[Iterable[Sequence[Cell]]], *, keep: int = 1) -> None:
    """Print a table to stdout, each page as soon as it is there, with the column widths of the first one."""
    layout: tuple[list[int], str] | None = None
    for page in pages:
        cells = [[(terminal.safe_text(text), style) for text, style in map(_with_style, row)] for row in page]
        is_first = layout is None
        if layout is None:
            cells.insert(0, [(name, "bold") for name in columns])
            layout = _fit(cells, terminal.columns() if sys.stdout.isatty() else None, keep)
        if cells:
            terminal.out_report("\n".join(_render(cells, *layout, has_header=is_first)))


def _with_style(cell: Cell) -> tuple[str, str]:
    return (cell, "") if isinstance(cell, str) else cell


def _lines(rows: list[list[tuple[str, str]]], width: int | None, keep: int) -> Iterable[str]:
    """Yield the lines of a table, the header first, with a rule below it if there is a width to fit into."""
    widths, gap = _fit(rows, width, keep)
    return _render(rows, widths, gap, has_header=True)


def _fit(rows: list[list[tuple[str, str]]], width: int | None, keep: int) -> tuple[list[int], str]:
    """The width of each column, and the gap between them."""
    widths = [max(cell_width(text) for text, _ in column) for column in zip(*rows, strict=True)]
    if width is None:
        return widths, _GAP
    least = [min(len(text), _LEAST_WIDTH) for text, _ in rows[0]]
    room = width - len(_WIDE_GAP) * (len(widths) - 1)
    shrink(widths, least, room, range(keep if width >= _NARROW else 0, len(widths)))
    shrink(widths, least, room, range(len(widths)))
    return widths, _WIDE_GAP


def _render(rows: list[list[tuple[str, str]]], widths: list[int], gap: str, *, has_header: bool) -> Iterable[str]:
    """Yield the lines of rows, each text folded to its column, with a rule below a header on a terminal."""
    for number, row in enumerate(rows):
        folded = [fold(text, size) for (text, _), size in zip(row, widths, strict=True)]
        for texts in zip_longest(*folded, fillvalue=""):
            parts = zip(texts, row, widths, strict=True)
            yield gap.join(
                _style_text(text, style, size, whole=text == cell) for text, (cell, style), size in parts
            ).rstrip()
        if number == 0 and has_header and gap == _WIDE_GAP:
            yield _style_text("─" * (sum(widths) + len(gap) * (len(widths) - 1)), "dim", 0, whole=False)


def shrink(widths: list[int], least: list[int], room: int, columns: range) -> None:
    """Make the widest of these columns narrower until all of the table's columns fit, or these have their least
    width."""
    while sum(widths) > room:
        wide = [at for at in columns if widths[at] > least[at]]
        if not wide:
            return
        widths[max(wide, key=widths.__getitem__)] -= 1


def fold(text: str, width: int) -> list[str]:
    """Break a text into lines of at most this many cells: at a space if there is one, else within the word."""
    lines: list[str] = []
    start = 0
    while True:
        end = start + count_fitting(text, start, width)
        if end >= len(text):
            return [*lines, text[start:]]
        space = text.rfind(" ", start + 1, end + 1)
        end = space if space > 0 else end
        lines.append(text[start:end])
        start = end + text.startswith(" ", end)


def count_fitting(text: str, start: int, width: int) -> int:
    """How many characters from `start` on take at most this many cells; 1 if not even one does, so that none is lost.

    Only as much of the text is measured as is needed: a description may be as long as its file.
    """
    most = min(len(text) - start, _MOST_PER_CELL * max(width, 1))
    count = min(1, most)
    while count < most and cell_width(text[start : start + count + 1]) <= width:
        count += 1
    return count


def cell_width(text: str) -> int:
    """How many cells of a terminal a text takes."""
    if _ONE_WIDE.issuperset(text):
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _style_text(text: str, style: str, width: int, *, whole: bool) -> str:
    """The text, padded to a width, and in its style if stdout has colour. A web address is a link if it is `whole`."""
    padding = " " * (width - cell_width(text))
    if whole:
        text = terminal.link(text, sys.stdout)
    if not style or not text:
        return text + padding
    attributes: dict[str, bool | str] = {style: True} if style in ("bold", "dim") else {"fg": style}
    return terminal.style(text, sys.stdout, **attributes) + padding
