"""Command lines that mend something, as people paste them into a POSIX shell: no text in them does more than stand
for itself."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING

from arka_config.text import UNPRINTABLE, is_printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_FEW = 5  # paths in one command


def quoted(text: str) -> str:
    """The text as one word of a shell; what no terminal may show as the escapes of `$'…'`, which bash and zsh read."""
    if is_printable(text):
        return shlex.quote(text)
    return "$'" + "".join(map(_escaped, text)) + "'"


def _escaped(character: str) -> str:
    if character in UNPRINTABLE:
        return "".join(f"\\{byte:03o}" for byte in os.fsencode(character))
    return f"\\{character}" if character in "\\'" else character


def line(*words: str) -> str:
    """A command of these words."""
    return " ".join(map(quoted, words))


def chmod(mode: str, paths: Sequence[str]) -> str:
    """Sets the mode of these paths of one folder: of all that is in it, where they are many."""
    if len(paths) <= _FEW:
        return line("chmod", mode, *paths)
    return f"chmod go-rwx {quoted(os.path.dirname(paths[0]))}/*"


def edit(path: str) -> str:
    """Opens a file in the user's own editor."""
    return f"${{EDITOR:-vi}} {quoted(path)}"


def without_lines(path: str, spans: Iterable[tuple[int, int]]) -> str:
    """Takes lines out of a file, each span by its first line and its last one."""
    path = os.path.realpath(path)  # `sed -i` would put a file in the place of a link
    parts = [f"{first}d" if first == last else f"{first},{last}d" for first, last in spans]
    in_place = "sed -i ''" if sys.platform == "darwin" else "sed -i"
    return f"{in_place} {quoted(';'.join(parts))} {quoted(path)}"
