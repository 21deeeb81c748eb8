"""Lay out help pages as click does, but faster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click import formatting

from arka_config.cli.output import terminal

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAX_WIDTH, _MIN_WIDTH, _MARGIN = 80, 50, 2  # columns, as in click


class HelpFormatter(click.HelpFormatter):
    """Click's formatter. Without a width, a page is as wide as click would make it."""

    def __init__(self, indent_increment: int = 2, width: int | None = None, max_width: int | None = None) -> None:
        if width is None and formatting.FORCED_WIDTH is None:  # click's CliRunner forces one
            width = max(min(terminal.columns(), max_width or _MAX_WIDTH) - _MARGIN, _MIN_WIDTH)
        super().__init__(indent_increment, width, max_width)

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write rows as click does. If each fits on a line, skip the wrapping, which is most of the work."""
        rows = list(rows)
        first = max((len(term) for term, _ in rows), default=0)
        most = self.width - first - col_spacing - _MARGIN
        if first > col_max or not all(_is_plain(term) and _is_one_line(text, most) for term, text in rows):
            super().write_dl(rows, col_max, col_spacing)
            return
        for term, text in rows:
            self.write(f"{'':{self.current_indent}}{term:{first + col_spacing}}{text}\n")


def _is_plain(text: str) -> bool:
    """Whether each character takes one column."""
    return text.isascii() and text.isprintable()


def _is_one_line(text: str, most: int) -> bool:
    """Whether click writes the text unchanged, on a line of at most this many columns."""
    return 0 < len(text) <= most and _is_plain(text) and text == " ".join(text.split())


class HelpContext(click.Context):
    """The context of a command of ours."""

    formatter_class = HelpFormatter
