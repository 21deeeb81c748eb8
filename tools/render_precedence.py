"""Draw docs/pictures/precedence.svg from the help topic `precedence`. `make docs` runs this."""

from __future__ import annotations

import re
import textwrap
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from arka_config.arka import app
from arka_config.cli.reference.document import Definitions, Heading
from arka_config.cli.reference.topics import TOPICS

if TYPE_CHECKING:
    from collections.abc import Iterator

PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "precedence.svg"
WIDTH, COLUMN, GAP, LINE, TOP = 950, 290, 20, 17, 62  # pixels
CHARACTERS = 38  # in a line of a box
STYLE = """
  text { font-family: system-ui, sans-serif; font-size: 13px; fill: #1f2328; }
  .title { font-size: 16px; font-weight: 600; }
  .layer { font-weight: 600; fill: #0a3069; }
  .page { fill: #ffffff; stroke: #d0d7de; }
  .box { fill: #f6f8fa; stroke: #8c959f; }
  .first { fill: #ddf4ff; stroke: #0969da; }
  .arrow { stroke: #59636e; stroke-width: 1.5; fill: none; }
"""


def columns() -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    """Return the tables of the help topic with their titles."""
    found, title = [], ""
    for block in TOPICS["precedence"].blocks(app):
        match block:
            case Heading(text):
                title = text
            case Definitions(rows):
                found.append((title, rows))
    return found


def render() -> str:
    """Return the picture: a column for each table, with a box for each layer, the highest on top."""
    drawn = [list(draw_column(number, title, rows)) for number, (title, rows) in enumerate(columns())]
    height = max(int(lines.pop()) for lines in drawn)
    body = "\n".join(line for lines in drawn for line in lines)
    alternative = "; ".join(f"{title}: " + ", ".join(term for term, _ in rows) for title, rows in columns())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">\n'
        f"<title>{escape(alternative)}</title>\n<style>{STYLE}</style>\n"
        f'<rect class="page" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>\n{body}\n</svg>\n'
    )


def draw_column(number: int, title: str, rows: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """Yield the elements of a column, and last its height."""
    left, top = GAP + number * (COLUMN + GAP), TOP
    is_ordered = rows[0][0].startswith("1.")
    yield f'<text class="title" x="{left}" y="34">{escape(title.partition(",")[0])}</text>'
    for position, (term, meaning) in enumerate(rows):
        if position and is_ordered:
            middle = left + COLUMN // 2
            yield f'<path class="arrow" d="M{middle} {top - 14} v10 m-4 -4 l4 4 l4 -4"/>'
        lines = textwrap.wrap(re.sub("`", "", meaning), CHARACTERS, break_on_hyphens=False)
        height = LINE * (len(lines) + 1) + 16
        kind = "box first" if is_ordered and not position else "box"
        yield f'<rect class="{kind}" x="{left}" y="{top}" width="{COLUMN}" height="{height}" rx="6"/>'
        yield f'<text class="layer" x="{left + 12}" y="{top + 21}">{escape(term)}</text>'
        for index, line in enumerate(lines, start=1):
            yield f'<text x="{left + 12}" y="{top + 21 + LINE * index}">{escape(line)}</text>'
        top += height + 18
    yield str(top)


if __name__ == "__main__":
    PICTURE.write_text(render(), "utf-8")
    print(f"wrote {PICTURE}")
