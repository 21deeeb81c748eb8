"""How `plan` and `apply` grow with the number of templates, and what they cost if there is nothing to do.

python -m bench.templates        a quick look at these alone
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench import homes
from bench.commands import ARKA
from bench.timing import Timing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COUNTS = (100, 1_000)
FIRST_APPLY = "first apply"
NOTHING_TO_PLAN = "plan, nothing to do"
# The steps in order, each with its arguments and exit code.
STEPS = {
    "first plan": (("plan",), 3),
    FIRST_APPLY: (("apply", "--yes"), 0),
    NOTHING_TO_PLAN: (("plan",), 0),
    "apply, nothing to do": (("apply", "--yes"), 0),
}
TEMPLATE = """version = 1

[profile]
name = "runner-{number}"
description = "Build runner {number}"
api_url = "https://arka-ai.com"

[token]
env = "ARKA_RUNNER_TOKEN"
copy = {copy}

[settings]
timeout = {number}
"""


def timings(folder: Path, runs: int) -> dict[str, dict[int, Timing]]:
    """Measure each step with each number of templates. Every first apply has a home of its own."""
    taken: dict[str, dict[int, list[float]]] = {step: {count: [] for count in COUNTS} for step in STEPS}
    for count in COUNTS:
        fill(folder / f"templates-{count}", count)
    for counted in (False, *[True] * runs):
        for count in COUNTS:
            home = folder / "home-of-templates"
            environ = homes.environment(home) | {"ARKA_RUNNER_TOKEN": "arka_" + "0" * 37}
            for step, (words, code) in STEPS.items():
                took = measure([*words, str(folder / f"templates-{count}")], environ, code)
                if counted:
                    taken[step][count].append(1e3 * took)
            shutil.rmtree(home)
    return {step: {count: Timing(times) for count, times in by.items()} for step, by in taken.items()}


def fill(folder: Path, count: int) -> None:
    """Write so many templates. Every second one stores a token."""
    folder.mkdir()
    for number in range(1, count + 1):
        copy = "true" if number % 2 else "false"
        (folder / f"{number:05}.toml").write_text(TEMPLATE.format(number=number, copy=copy))


def measure(arguments: Sequence[str], environ: Mapping[str, str], code: int) -> float:
    """Run a command and return its seconds. Raises SystemExit if it has another exit code."""
    begin = time.perf_counter()
    done = subprocess.run([ARKA, *arguments], env=environ, capture_output=True, check=False)
    if done.returncode != code:
        raise SystemExit(f"{' '.join(arguments)} ended with {done.returncode}: {done.stderr.decode()[:500]}")
    return time.perf_counter() - begin


def table(measured: Mapping[str, Mapping[int, Timing]]) -> list[Sequence[str]]:
    """Build a table of medians in milliseconds: rows are steps, columns are numbers of templates."""
    least, most = COUNTS[0], COUNTS[-1]
    rows: list[Sequence[str]] = [("templates", *(f"{count:,}" for count in COUNTS), "growth", "to the first apply")]
    first = measured[FIRST_APPLY][most].median
    for step, by in measured.items():
        growth = f"{by[most].median / by[least].median:.2f} x"
        rows.append(
            (step, *(f"{by[count].median:.0f}" for count in COUNTS), growth, f"{by[most].median / first:.2f} x")
        )
    return rows


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        for row in table(timings(Path(scratch), int(os.environ.get("RUNS") or "3"))):
            print("".join(f"{cell:>24}" for cell in row))
