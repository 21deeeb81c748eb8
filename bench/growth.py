"""How the cost of a command grows with the number of profiles."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from bench import homes
from bench.commands import ARKA
from bench.timing import Command, Timing, in_turn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

COUNTS = (1, 100, 1_000, 10_000)
READS_ONE = ("token", "token -p work", "prompt", "exec -- true", "env", "status --offline", "use work", "profiles show")
READS_ALL = ("profiles list", "profiles list --json")


def timings(folder: Path, runs: int) -> dict[str, dict[int, Timing]]:
    """Measure each command with each number of profiles."""
    commands: dict[tuple[str, int], Command] = {}
    for count in COUNTS:
        home = folder / f"home-{count}"
        homes.fill(home, homes.names(count))
        environ = homes.environment(home)
        commands |= {(line, count): Command([ARKA, *line.split()], environ) for line in (*READS_ONE, *READS_ALL)}
    os.sync()  # otherwise the system writes these files during the next measurement
    named = {f"{line} {count}": command for (line, count), command in commands.items()}
    measured = in_turn(named, runs)
    for count in COUNTS:
        shutil.rmtree(folder / f"home-{count}")
    return {line: {count: measured[f"{line} {count}"] for count in COUNTS} for line in (*READS_ONE, *READS_ALL)}


def table(measured: dict[str, dict[int, Timing]]) -> list[Sequence[str]]:
    """Build a table of medians in milliseconds: rows are commands, columns are numbers of profiles."""
    rows: list[Sequence[str]] = [("command", *(f"{count:,}" for count in COUNTS), "largest to smallest")]
    for line, by_count in measured.items():
        first, last = by_count[COUNTS[0]].median, by_count[COUNTS[-1]].median
        rows.append((f"`{line}`", *(f"{by_count[count].median:.1f}" for count in COUNTS), f"{last / first:.2f} x"))
    return rows
