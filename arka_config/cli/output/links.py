"""Hyperlinks in a terminal (OSC 8), for the terminals that are known to show them.

The text of a link is always its address: a link never leads anywhere else than it says.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

# https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda has the protocol, and lists terminals.
_PROGRAMS = frozenset({"ghostty", "Hyper", "iTerm.app", "rio", "Tabby", "vscode", "WezTerm"})
_TERMS = ("alacritty", "contour", "foot", "xterm-ghostty", "xterm-kitty")
_VARIABLES = ("DOMTERM", "KITTY_WINDOW_ID", "WT_SESSION")
_OLDEST_VTE = 5001  # 0.50.0 crashes
_OLDEST_KONSOLE = 201200

_URL = re.compile(r"https?://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*[A-Za-z0-9_~/#@$&*+=%-]")


def shows_links(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is known to show links, and the user has not turned them off.

    `FORCE_HYPERLINK` turns them on for any terminal, and `NO_HYPERLINKS` off. Under tmux and screen, which may not pass
    them on, they are off.
    """
    if environ.get("NO_HYPERLINKS") or environ.get("NO_COLOR") or environ.get("CI"):
        return False
    term = environ.get("TERM", "")
    if term in ("", "dumb"):
        return False
    if forced := environ.get("FORCE_HYPERLINK"):
        return forced != "0"
    if environ.get("TMUX") or environ.get("STY") or term.startswith(("screen", "tmux")):
        return False
    return (
        term.startswith(_TERMS)
        or environ.get("TERM_PROGRAM") in _PROGRAMS
        or any(map(environ.get, _VARIABLES))
        or _number(environ, "VTE_VERSION") >= _OLDEST_VTE
        or _number(environ, "KONSOLE_VERSION") >= _OLDEST_KONSOLE
    )


def _number(environ: Mapping[str, str], name: str) -> int:
    text = environ.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def link(text: str, stream: TextIO) -> str:
    """Return a line with each web address in it as a link, if the stream is a terminal that shows links."""
    if not (stream.isatty() and shows_links(os.environ)):
        return text
    return _URL.sub(lambda url: f"\x1b]8;;{url[0]}\x1b\\{url[0]}\x1b]8;;\x1b\\", text)
