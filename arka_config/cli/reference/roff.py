"""Documents as manual pages, in the man macros of roff (groff_man(7))."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from arka_config.cli.reference.document import Block, Definitions, Example, Heading, Paragraph

if TYPE_CHECKING:
    from collections.abc import Iterable

_CODE = re.compile(r"`([^`]*)`")
_SPECIAL = {"\\": r"\e", "-": r"\-", "'": r"\(aq", "^": r"\(ha", "~": r"\(ti", "…": r"\&...", "●": r"\(bu", "✓": "OK"}


def escape(text: str) -> str:
    """Return a text as one line of roff, exactly as it is shown."""
    line = "".join(_SPECIAL.get(character, character) for character in " ".join(text.split()))
    return rf"\&{line}" if line.startswith(".") else line


def inline(text: str) -> str:
    """Return a text in which backticks mark what is typed, in bold."""
    parts = _CODE.split(text)  # every second part was between backticks
    joined = "".join(rf"\fB{escape_part(part)}\fP" if at % 2 else escape_part(part) for at, part in enumerate(parts))
    return rf"\&{joined}" if joined.startswith(".") else joined


def escape_part(text: str) -> str:
    """Return a part of a line, with the spaces at its ends."""
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :] if text.strip() else ""
    return f"{' ' * bool(before)}{escape(text)}{' ' * bool(after)}"


def title(name: str, section: int, source: str, manual: str) -> list[str]:
    """Return the lines that begin a page. It has no date, so that it is the same in every build."""
    words = " ".join(f'"{escape(word)}"' for word in (name.upper(), str(section), "", source, manual))
    return ['.\\" Generated: change the help of the commands instead.', f".TH {words}", ".nh", ".ad l"]


def write_blocks(blocks: Iterable[Block], *, heading: str = "SS") -> list[str]:
    """Return the lines of a document. `heading` is the macro of its headings: `SH` or `SS`."""
    lines: list[str] = []
    for block in blocks:
        match block:
            case Heading(text):
                lines.append(f'.{heading} "{escape(text)}"')
            case Paragraph(text):
                is_first = lines[-1:] and lines[-1].startswith((".SH", ".SS"))
                lines += [inline(text)] if is_first else [".PP", inline(text)]
            case Definitions(rows):
                for term, meaning in rows:
                    lines += [".TP", inline(term) if "`" in term else rf"\fB{escape(term)}\fP", inline(meaning)]
            case Example(commands):
                lines += [".PP", ".RS 4", ".nf", *map(escape, commands), ".fi", ".RE"]
    return lines
