"""Makes docs/demo.svg: real commands, run under a real terminal of 100 columns, and drawn as they looked there.

`make docs` runs it. The picture names no font to fetch: it is drawn in the reader's own monospace font. All in it is
the same at every run but the date on which the second token expires, 90 days from the day of the run.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

import pexpect
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

PICTURE = Path(__file__).with_name("demo.svg")
COLUMNS = 100
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"

TOKENS = {"MACBOOK": "arka_" + "0" * 33 + "f4d1", "PIPELINE": "arka_" + "0" * 33 + "c1c1"}
LINES = [
    'echo "$MACBOOK" | arka login --profile laptop --with-token --label "MacBook Pro"',
    'echo "$PIPELINE" | arka login -p ci --with-token --no-verify --label "CI/CD Pipeline" --expires 90d',
    "arka profiles list",
    "arka use ci",
    "arka status --offline",
    "ARKA_TIMEOUT=5 arka config show --sources",
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
    """Runs every line in one home, and writes the picture."""
    with tempfile.TemporaryDirectory() as home:
        screen = "\n\n".join(f"\x1b[1m$ {line}\x1b[0m\n{seen(line, home)}" for line in LINES)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True, legacy_windows=False)
        console.print(Text.from_ansi(screen))
        console.print()  # room for what hangs below the last line
        svg = console.export_svg(title="arka", theme=THEME, unique_id="arka", code_format=drawing())
    PICTURE.write_text("\n".join(line.rstrip() for line in svg.split("\n")), encoding="utf-8")


def seen(line: str, home: str) -> str:
    """What a terminal shows of a line's run."""
    kept = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    child = pexpect.spawn(
        "bash", ["-c", line], env={**kept, "HOME": home, **TOKENS}, cwd=home, dimensions=(50, COLUMNS), encoding="utf-8"
    )
    child.expect(pexpect.EOF)
    child.close()
    if child.exitstatus != 0:
        sys.exit(f"{line} ended with {child.exitstatus}: {child.before}")
    return (child.before or "").replace("\r\n", "\n").rstrip("\n")


def drawing() -> str:
    """rich's frame for a picture, without the fonts that it would fetch, and with every blank kept."""
    frame = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    frame = re.sub(r"font-family: [^;]*;", f"font-family: {FONTS};", frame)
    return frame.replace("<svg ", '<svg xml:space="preserve" ', 1)


if __name__ == "__main__":
    main()
