"""A list on stderr to choose from with the arrow keys, filtered by what is typed."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from shutil import get_terminal_size
from typing import TYPE_CHECKING, NamedTuple

from arka_config.cli.input import keys
from arka_config.cli.output import tables, terminal
from arka_config.errors import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_MOST_ROWS = 12
_GAP = "   "
_KEYS_HELP = "↑↓ move · type to filter · Enter chooses · Esc"


class Choice(NamedTuple):
    """A row: the name that is returned, what is shown after it, and whether it is the current one."""

    name: str
    details: tuple[str, ...]
    is_current: bool = False

    def matches(self, words: Sequence[str]) -> bool:
        """Whether every word is a part of the name or of a detail."""
        text = "\n".join([self.name, *self.details]).casefold()
        return all(word in text for word in words)


class Picker:
    """The choices, the filter and the selected row; `press` changes them, and `lines` shows them."""

    def __init__(self, question: str, choices: Sequence[Choice]) -> None:
        self.question = question
        self.choices = choices
        self.filter = ""
        self.shown = list(choices)
        self.selected = next((at for at, choice in enumerate(choices) if choice.is_current), 0)
        self._top = 0
        self._page = _MOST_ROWS

    def press(self, key: str) -> str | None:
        """Return the chosen name, or None if nothing is chosen yet. Raises Cancelled."""
        if key == keys.ENTER:
            return self.shown[self.selected].name if self.shown else None
        if key == keys.END_OF_INPUT or (key == keys.ESCAPE and not self.filter):
            raise Cancelled("nothing was changed")
        if key in _MOVES:
            self._select(_MOVES[key](self.selected, self._page, len(self.shown) - 1))
        elif key in (keys.ESCAPE, keys.CLEAR):
            self._filter("")
        elif key == keys.BACKSPACE:
            self._filter(self.filter[:-1])
        elif len(key) == 1:
            self._filter(self.filter + key)
        return None

    def _select(self, at: int) -> None:
        self.selected = max(0, min(at, len(self.shown) - 1))

    def _filter(self, text: str) -> None:
        """Show the matching choices. The selected one stays selected if it is among them."""
        before = self.shown[self.selected].name if self.shown else ""
        self.filter = text
        words = text.casefold().split()
        self.shown = [choice for choice in self.choices if choice.matches(words)]
        self._select(next((at for at, choice in enumerate(self.shown) if choice.name == before), 0))

    def lines(self, columns: int, rows: int) -> list[str]:
        """Return the lines to show on a terminal of this size; none is too long for it. The first has the filter."""
        width = max(columns - 1, 1)  # a character in the last column would wrap on some terminals
        self._page = max(1, min(_MOST_ROWS, rows - 3))
        self._top = max(min(self._top, self.selected), self.selected - self._page + 1)
        visible = self.shown[self._top : self._top + self._page]
        first = clip(f"{self.question} {terminal.safe_text(self.filter)}", width)
        if not visible:
            return [first, clip("  nothing matches", width)]
        sizes = self._column_widths(width - 4)
        body = [self._row(choice, sizes, width) for choice in visible]
        count = f"{self.selected + 1}/{len(self.shown)}"
        return [first, *body, terminal.style(clip(f"  {count} · {_KEYS_HELP}", width), sys.stderr, dim=True)]

    def _column_widths(self, room: int) -> list[int]:
        """The width of each column, of all choices, so that the columns stay in place while the list scrolls."""
        cells = [[terminal.safe_text(text) for text in (choice.name, *choice.details)] for choice in self.choices]
        widths = [max(map(tables.cell_width, column)) for column in zip(*cells, strict=True)]
        tables.shrink(widths, [6] * len(widths), room - len(_GAP) * (len(widths) - 1), range(len(widths)))
        return widths

    def _row(self, choice: Choice, sizes: list[int], width: int) -> str:
        is_selected = choice is self.shown[self.selected]
        cells = []
        for text, size in zip((choice.name, *choice.details), sizes, strict=True):
            clipped = clip(terminal.safe_text(text), size)
            cells.append(clipped + " " * (size - tables.cell_width(clipped)))
        row = f"{'>' if is_selected else ' '} {'●' if choice.is_current else ' '} {_GAP.join(cells)}".rstrip()
        row = clip(row, width)
        return terminal.style(row, sys.stderr, bold=True, fg="cyan") if is_selected else row


_MOVES: dict[str, Callable[[int, int, int], int]] = {
    keys.UP: lambda at, _, last: at - 1 if at else last,
    keys.DOWN: lambda at, _, last: at + 1 if at < last else 0,
    keys.PAGE_UP: lambda at, page, _: at - page,
    keys.PAGE_DOWN: lambda at, page, _: at + page,
    keys.HOME: lambda *_: 0,
    keys.END: lambda _, __, last: last,
}


def clip(text: str, width: int) -> str:
    """Return a text of at most this many cells; if it is cut, it ends in an ellipsis."""
    if tables.count_fitting(text, 0, width) == len(text) and tables.cell_width(text) <= width:
        return text
    kept = text[: tables.count_fitting(text, 0, width - 1)]
    return f"{kept}…" if tables.cell_width(kept) < width else "…"


def pick(question: str, choices: Sequence[Choice]) -> str:
    """Let the user choose, and return the name. Raises Cancelled, KeyboardInterrupt.

    The terminal must pass `keys.can_read_keys`.
    """
    picker = Picker(question, choices)

    def draw(*_: object) -> None:
        columns, rows = get_terminal_size()
        first, *rest = picker.lines(columns, rows)
        # The cursor stays at the end of the first line, so that the next drawing begins there.
        below = "".join(f"\n{line}" for line in rest) + f"\x1b[{len(rest)}A" if rest else ""
        _write(f"\r\x1b[J{first}{below}\r\x1b[{tables.cell_width(first)}C")

    with keys.read_keys() as typed, _redraw_on_resize(draw):
        try:
            draw()
            for key in typed:
                chosen = picker.press(key)
                if chosen is not None:
                    return chosen
                draw()
        finally:
            _write("\r\x1b[J")
    raise Cancelled("nothing was changed")


def _write(text: str) -> None:
    """Write to the terminal without Python's buffer, which a signal handler must not use while it is in use."""
    data = text.encode(sys.stderr.encoding or "utf-8", "replace")
    while data:
        data = data[os.write(sys.stderr.fileno(), data) :]


@contextmanager
def _redraw_on_resize(draw: Callable[..., None]) -> Iterator[None]:
    """Draw again during a block if the size of the terminal changes."""
    before = signal.signal(signal.SIGWINCH, draw)
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)
