"""Measure everything in docs/explanation/performance.md and docs/explanation/scale.md, and write it there.

    make bench                 at least 20 runs of each command
    make bench RUNS=5          a quick look; nothing is written

It never fails for being slow: the pages say which target is met.
"""

from __future__ import annotations

import os
import platform
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bench import commands, growth, history, loading, plot, templates
from bench.targets import targets
from bench.timing import Timing, in_turn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bench.targets import Target

RUNS = int(os.environ.get("RUNS") or "20")
ENOUGH = 20
DOCS = Path(__file__).parents[1] / "docs"


def main() -> None:
    """Measure, print, and write the pages if there were enough runs."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has bytecode
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        ours = commands.ours(folder / "ours") | commands.sealed(folder / "sealed")
        peers = commands.peers(folder / "peers")
        others = commands.yardsticks(folder / "ours") | peers
        times = in_turn(ours | others, RUNS)
        loads = loading.timings(dict(ours["token"].environ))
        grown = growth.timings(folder, max(RUNS // 2, 3))
        planned = templates.timings(folder, max(RUNS // 4, 3))
        searched = history.timings(folder, max(RUNS // 4, 3))
        said = commands.versions(peers)
    table = target_table(targets(times, loads, grown, planned, searched))
    page = "\n\n".join(
        [
            conditions(said),
            markdown(table),
            "![The median of each command](../pictures/performance.svg)",
            markdown(time_table({**times, **loads})),
            markdown(templates.table(planned)),
        ]
    )
    print(page)
    print(markdown(growth.table(grown)))
    if RUNS >= ENOUGH:
        write(DOCS / "explanation" / "performance.md", page)
        write(DOCS / "explanation" / "scale.md", markdown(growth.table(grown)))
        (DOCS / "pictures" / "performance.svg").write_text(plot.svg(times, set(others)), "utf-8")


def conditions(peers: Iterable[str], what: str = "command") -> str:
    """Describe the machine, the date and the number of runs."""
    day = datetime.now(UTC).date()
    machine = f"{platform.system()} ({platform.machine()}, {os.cpu_count()} cores), CPython {platform.python_version()}"
    head = f"Measured on {day}: {RUNS} runs of each {what}, in turn, on {machine}."
    return "\n".join([head, "", *(f"- {line}" for line in peers)])


def target_table(found: Iterable[Target]) -> list[Sequence[str]]:
    """Build a table of all targets, with those that could not be measured."""
    rows: list[Sequence[str]] = [("what", "to", "at most", "measured", "met")]
    for target in found:
        measured = "not installed" if target.ratio is None else f"{target.ratio:.2f} x"
        met = {None: "—", True: "yes", False: "**no**"}[target.is_met]
        rows.append((target.what, target.to, f"{target.most:.2f} x", measured, met))
    return rows


def time_table(times: Mapping[str, Timing]) -> list[Sequence[str]]:
    """Build a table in milliseconds. They can be compared only within one run."""
    rows: list[Sequence[str]] = [("command", "median ms", "half of the runs", "to bare Python")]
    bare = times[commands.BARE].median
    for name, timing in sorted(times.items(), key=lambda row: row[1].median):
        rows.append((f"`{name}`", f"{timing.median:.1f}", timing.spread, f"{timing.median / bare:.2f} x"))
    return rows


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """Format a Markdown table. The first row is its header."""
    head, *body = ("| " + " | ".join(row) + " |" for row in rows)
    return "\n".join([head, "|" + "---|" * len(rows[0]), *body])


def write(page: Path, measured: str, what: str = "measured") -> None:
    """Replace the text between the two markers of a page with the measurements."""
    begin, end = f"<!-- {what}: begin -->", f"<!-- {what}: end -->"
    text = page.read_text("utf-8")
    before, rest = text.split(begin)
    _, after = rest.split(end)
    page.write_text(f"{before}{begin}\n\n{measured}\n\n{end}{after}", "utf-8")


if __name__ == "__main__":
    main()
