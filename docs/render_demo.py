"""Makes docs/demo.svg: real commands, run under a real terminal of 100 columns, and drawn as they looked there.

`make docs` runs it. The picture names no font to fetch: it is drawn in the reader's own monospace font. All in it is
the same at every run but the date on which the tokens expire, 90 days from the day of the run.
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

from arka_config import Secret, moment
from arka_config.arka import app
from arka_config.workspace.server import tokens
from arka_config.workspace.server.running import running
from arka_config.workspace.server.workspace import DEFAULT_PORT

if TYPE_CHECKING:
    from collections.abc import Mapping

PICTURE = Path(__file__).with_name("demo.svg")
COLUMNS = 100
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"

LABELS = {"MACBOOK": "MacBook Pro", "PIPELINE": "CI/CD Pipeline"}
ENDS = ("f4d1", "c1c1", "77d1")  # of the tokens, in the order in which they are made
EMAIL = "you@example.com"
LINES = [
    'echo "$MACBOOK" | arka login --profile laptop --with-token --api-url $WORKSPACE',
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
    """Runs every line in one home, at a workspace of its own, and writes the picture."""
    with running(app, port=DEFAULT_PORT) as workspace, tempfile.TemporaryDirectory() as home:
        made_up = iter([Secret(f"arka_{'0' * 33}{end}") for end in ENDS])
        tokens.new_token = lambda _: next(made_up)
        workspace.add_user(EMAIL, "pro")
        in_90_days = moment.now() + timedelta(days=90)
        variables = {
            name: workspace.issue(EMAIL, label, expires=in_90_days).secret.reveal() for name, label in LABELS.items()
        }
        variables["WORKSPACE"] = workspace.url
        screen = "\n\n".join(f"\x1b[1m$ {line}\x1b[0m\n{seen(line, home, variables)}" for line in LINES)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True, legacy_windows=False)
        console.print(Text.from_ansi(screen))
        console.print()  # room for what hangs below the last line
        svg = console.export_svg(title="arka", theme=THEME, unique_id="arka", code_format=drawing())
    PICTURE.write_text("\n".join(line.rstrip() for line in svg.split("\n")), encoding="utf-8")


def seen(line: str, home: str, variables: Mapping[str, str]) -> str:
    """What a terminal shows of a line's run, in an environment with these variables."""
    kept = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    child = pexpect.spawn(
        "bash",
        ["-c", line],
        env={**kept, "HOME": home, **variables},
        cwd=home,
        dimensions=(50, COLUMNS),
        encoding="utf-8",
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
