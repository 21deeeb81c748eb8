"""Create docs/pictures/demo.svg: run real commands in a terminal of 100 columns, and draw the result.

`make pictures` runs this. The picture fetches no fonts: it uses the reader's own monospace font. Only the expiry
date of the tokens, 90 days from today, differs between runs.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from arka_config import Secret, timestamps, token_checksum
from arka_config.arka import app
from arka_config.workspace.server import tokens
from arka_config.workspace.server.serving import serve_in_thread
from arka_config.workspace.server.workspace import DEFAULT_PORT

if TYPE_CHECKING:
    from collections.abc import Mapping

PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "demo.svg"
COLUMNS = 100
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"

MADE_UP = ("0" * 31, "1" * 31, "2" * 31)  # the tokens in order of creation, without prefix and checksum
EMAIL = "you@example.com"
APPROVE = Path(__file__).parents[1] / "examples" / "approve.py"
LINES = [
    "arka login --profile laptop --api-url $WORKSPACE",
    'echo "$PIPELINE" | arka login --profile ci --with-token --api-url $WORKSPACE',
    "arka profiles list",
    "arka use ci",
    "arka status",
    "ARKA_TIMEOUT=5 arka config show --sources",
    "arka rotate --profile laptop",
]

THEME = TerminalTheme(
    (22, 27, 34),
    (201, 209, 217),
    [
        *[(72, 79, 88), (255, 123, 114), (63, 185, 80), (210, 153, 34)],
        *[(88, 166, 255), (188, 140, 255), (57, 197, 207), (177, 186, 196)],
    ],
    [
        *[(110, 118, 129), (255, 161, 152), (86, 211, 100), (227, 179, 65)],
        *[(121, 192, 255), (210, 168, 255), (86, 212, 221), (240, 246, 252)],
    ],
)


def main() -> None:
    """Run all lines in one temporary home, with a temporary workspace, and write the picture."""
    with serve_in_thread(app, port=DEFAULT_PORT) as workspace, tempfile.TemporaryDirectory() as home:
        made_up = iter([Secret(f"arka_{text}{token_checksum.compute(text)}") for text in MADE_UP])
        tokens.generate_token = lambda _: next(made_up)
        workspace.add_user(EMAIL, "pro")
        in_90_days = timestamps.now() + timedelta(days=90)
        variables = {
            "PIPELINE": workspace.issue(EMAIL, "CI/CD Pipeline", expires=in_90_days).secret.reveal(),
            "WORKSPACE": workspace.url,
            "LINK": workspace.add_user(EMAIL).link,
            "LABEL": "MacBook Pro",
            "DISPLAY": ":0",
            "BROWSER": f"'{sys.executable}' '{APPROVE}' %s",
        }
        screen = "\n\n".join(f"\x1b[1m$ {line}\x1b[0m\n{run_in_terminal(line, home, variables)}" for line in LINES)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True, legacy_windows=False)
        console.print(Text.from_ansi(screen))
        console.print()  # space below the last line
        svg = console.export_svg(title="arka", theme=THEME, unique_id="arka", code_format=svg_template())
    PICTURE.write_text("\n".join(line.rstrip() for line in svg.split("\n")), encoding="utf-8")


def run_in_terminal(line: str, home: str, variables: Mapping[str, str]) -> str:
    """Run a line in a terminal with these variables and return its output. Exit if it fails."""
    base = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    child = pexpect.spawn(
        "bash",
        ["-c", line],
        env={**base, "HOME": home, **variables},
        cwd=home,
        dimensions=(50, COLUMNS),
        encoding="utf-8",
    )
    child.expect(pexpect.EOF)
    child.close()
    if child.exitstatus != 0:
        sys.exit(f"{line} exited with {child.exitstatus}: {child.before}")
    shown = re.sub(r"\r\x1b\[K(Waiting[^\r\n]*)?", "", child.before or "")  # the time left, removed at the end
    shown = re.sub(r"(/oauth/authorize\?response_type=code&)\S+", r"\1…", shown)
    shown = re.sub(r"\b[B-Z]{4}-[B-Z]{4}\b", "BCDF-GHJK", shown)
    return shown.replace("\r\n", "\n").rstrip("\n")


def svg_template() -> str:
    """Return rich's SVG template without web fonts, and with spaces preserved."""
    frame = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    frame = re.sub(r"font-family: [^;]*;", f"font-family: {FONTS};", frame)
    return frame.replace("<svg ", '<svg xml:space="preserve" ', 1)


if __name__ == "__main__":
    main()
