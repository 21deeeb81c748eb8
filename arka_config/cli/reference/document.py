"""A document of headings, paragraphs, definitions and examples, and how it is written as text and as Markdown.

Within a text, backticks mark what is typed. Man pages are written by `roff.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Iterable


class Heading(NamedTuple):
    """The title of the blocks after it."""

    text: str


class Paragraph(NamedTuple):
    """One paragraph."""

    text: str


class Definitions(NamedTuple):
    """Terms and what they mean. `titles` are those of the two columns of a table."""

    rows: tuple[tuple[str, str], ...]
    titles: tuple[str, str] = ("term", "meaning")


class Example(NamedTuple):
    """Command lines, one per line."""

    lines: tuple[str, ...]


Block = Heading | Paragraph | Definitions | Example


def write_text(blocks: Iterable[Block], width: int) -> str:
    """Return the document as plain text, for a terminal of this width."""
    formatter = click.HelpFormatter(width=width)
    is_indented = False
    for block in blocks:
        match block:
            case Heading(text):
                if is_indented:
                    formatter.dedent()
                formatter.write_paragraph()
                formatter.write_heading(text)
                formatter.indent()
                is_indented = True
            case Paragraph(text):
                formatter.write_paragraph()
                formatter.write_text(text)
            case Definitions(rows):
                formatter.write_paragraph()
                formatter.write_dl([(term.replace("`", ""), text) for term, text in rows], col_max=width // 3 + 1)
            case Example(lines):
                formatter.write_paragraph()
                for line in lines:
                    formatter.write(f"{'':>{formatter.current_indent + 2}}{line}\n")
    return formatter.getvalue().strip("\n")


def write_markdown(blocks: Iterable[Block]) -> str:
    """Return the document as Markdown, with headings of the second level."""
    return "\n\n".join(map(_markdown_block, blocks)) + "\n"


def _markdown_block(block: Block) -> str:
    match block:
        case Heading(text):
            return f"## {text}"
        case Paragraph(text):
            return text
        case Definitions(rows, titles):
            lines = [f"| {titles[0]} | {titles[1]} |", "|---|---|"]
            lines += [f"| {_cell(term)} | {_cell(meaning)} |" for term, meaning in rows]
            return "\n".join(lines)
        case Example(lines):
            return "\n".join(["```sh", *lines, "```"])


def _cell(text: str) -> str:
    return text.replace("|", r"\|")
