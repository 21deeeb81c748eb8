"""Draw a bar for each command's median and its middle half of runs, as an SVG for light and dark mode."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.timing import Timing

_LEFT, _WIDTH, _ROW, _TOP = 250, 430, 22, 34
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#57606a}.ours{fill:#2f81f7}.peer{fill:#8b949e}.spread{stroke:#da3633}"
    "@media(prefers-color-scheme:dark){text{fill:#adbac7}}"
)


def svg(times: Mapping[str, Timing], peers: set[str]) -> str:
    """Return the picture, with the fastest command first. `peers` are the commands that are not ours."""
    rows = sorted(times.items(), key=lambda row: row[1].median)
    longest = max(statistics.quantiles(timing.runs, n=4)[2] for timing in times.values())
    height = _TOP + _ROW * len(rows) + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 90} {height}" role="img">',
        f"<title>Median time of each command, in milliseconds</title><style>{_STYLE}</style>",
        f'<text x="{_LEFT}" y="18">milliseconds, median; the line is the half of the runs around it</text>',
    ]
    for at, (name, timing) in enumerate(rows):
        low, middle, high = (_WIDTH * value / longest for value in statistics.quantiles(timing.runs, n=4))
        y = _TOP + _ROW * at
        kind = "peer" if name in peers else "ours"
        label = name if name in peers else f"arka {name}"
        parts += [
            f'<text x="{_LEFT - 8}" y="{y + 13}" text-anchor="end">{escape(label)}</text>',
            f'<rect class="{kind}" x="{_LEFT}" y="{y + 3}" width="{middle:.1f}" height="13" rx="2"/>',
            f'<line class="spread" x1="{_LEFT + low:.1f}" x2="{_LEFT + high:.1f}" y1="{y + 9}" y2="{y + 9}"/>',
            f'<text x="{_LEFT + high + 6:.1f}" y="{y + 13}">{timing.median:.0f}</text>',
        ]
    return "\n".join([*parts, "</svg>\n"])
