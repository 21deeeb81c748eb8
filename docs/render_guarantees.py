"""Writes docs/guarantees.md from the promises and from what a run of them counted: `make guarantees`.

    python docs/render_guarantees.py FOLDER [--print]

FOLDER is what GUARANTEES_NUMBERS named during the run: one file for each number. With --print, only the numbers are
printed.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.guarantees.numbers import FULL  # noqa: E402  # the folder above is not on the path before
from tests.guarantees.promises import PROMISES  # noqa: E402

PAGE = ROOT / "docs" / "guarantees.md"
BEFORE = """\
# Guarantees

What arka-config promises, and the test that fails where it does not hold. [SECURITY.md](../SECURITY.md) says what is
not promised. `make test` runs all of these within bounds; `make guarantees` tries every kind of fault at every step,
races for a minute, fuzzes longer, and writes this page; `make fuzz FUZZ_SECONDS=600` fuzzes for as long as one likes.

A *mutant* is a copy of the package with one safeguard taken out. A test runs the promise's own test on it, and holds
that it fails there.

"""


def counted(folder: Path, promise: str) -> list[str]:
    """The numbers of a promise, as they were written down."""
    return [path.read_text("utf-8") for path in sorted(folder.glob(f"{promise}.*"))]


def numbers(folder: Path) -> list[tuple[str, str]]:
    """Each number, with what it is of."""
    faults: Counter[str] = Counter()
    for text in counted(folder, "faults"):
        faults.update(json.loads(text))
    races: Counter[str] = Counter()
    for text in counted(folder, "races"):
        races.update(json.loads(text))
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(faults.items()))
    chance, coverage = (sum(map(int, counted(folder, way))) for way in ("chance", "coverage"))
    return [
        ("command lines that write, with a fault at each step", f"{len(counted(folder, 'faults')):,}"),
        ("faults injected", f"{faults.total():,} ({kinds})"),
        ("commands run by 32 processes at once", f"{races['ran']:,}, with {races['killed']:,} processes killed"),
        ("profiles acknowledged in that race, and lost", f"{races['kept']:,}, and none"),
        ("surfaces that the canary went through", f"{len(counted(folder, 'canary')):,}"),
        ("readers fuzzed", f"{len(counted(folder, 'large')):,}"),
        ("inputs bred by coverage", f"{coverage:,}"),
        ("inputs bred by chance", f"{chance:,}"),
        ("mutants caught", f"{len(counted(folder, 'mutants')):,}"),
    ]


def page(folder: Path) -> str:
    """The page's text."""
    lines = ["| promise | held by | mutants that are caught |", "|---|---|---|"]
    for promise in PROMISES:
        held = "<br>".join(f"`tests/{test}`" for test in promise.tests)
        lines.append(f"| {promise.says} | {held} | {'<br>'.join(promise.mutants)} |")
    run = "`make guarantees`" if FULL else "a run within the bounds of `make test`"
    machine = f"{platform.system()}, Python {platform.python_version()}, {os.cpu_count()} cores"
    lines += [
        "",
        f"The numbers, as {run} printed them ({machine}):",
        "",
        "| what | how many |",
        "|---|---|",
    ]
    lines += [f"| {what} | {number} |" for what, number in numbers(folder)]
    return BEFORE + "\n".join(lines) + "\n"


def main() -> None:
    """Prints the numbers, and writes the page."""
    folder = Path(sys.argv[1])
    for what, number in numbers(folder):
        print(f"{what}: {number}")
    if "--print" not in sys.argv:
        PAGE.write_text(page(folder), "utf-8")


if __name__ == "__main__":
    main()
