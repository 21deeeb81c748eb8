"""Measure the workspace's server for docs/performance.md, and write it there.

    python -m bench.workspace             a part of `make bench`
    RUNS=3 python -m bench.workspace      a quick look; nothing is written

It needs some minutes, and 1 GB below the folder for temporary files.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from bench import throughput, verification
from bench.run import DOCS, ENOUGH, RUNS, conditions, markdown, write
from bench.verification import FEW, MANY
from tests import peers
from tests.workspace.server import postgresql

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.timing import Timing

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
EMPTY = "an empty handler"
MOST = 1.2  # the cost with a million rows, relative to a thousand


def main() -> None:
    """Measure, print, and write the page if there were enough runs."""
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        rows, targets = [], {EMPTY: throughput.empty()}
        for name, few, many in _databases(scratch, stack):
            print(f"filling {name} with {MANY:,} tokens", flush=True)
            among = {FEW: verification.fill(few, FEW), MANY: verification.fill(many, MANY)}
            rows.append(_row(name, verification.timings(among, RUNS)))
            targets[f"`GET /api/v1/me`, {name}, {MANY:,} tokens"] = throughput.me(many, among[MANY].sample[0])
            for held in among.values():
                held.workspace.close()
        rates = throughput.per_second(targets, max(RUNS // 4, 2))
    page = "\n\n".join([conditions(_notes(), "round"), markdown(_verifications(rows)), markdown(_throughputs(rates))])
    print(page)
    if RUNS >= ENOUGH:
        write(DOCS / "performance.md", page, "workspace")


def _databases(scratch: Path, stack: ExitStack) -> Iterator[tuple[str, str, str]]:
    """Yield the name of each installed database, and the URLs of two empty ones."""
    yield SQLITE, f"sqlite:///{scratch / 'few.db'}", f"sqlite:///{scratch / 'many.db'}"
    if not peers.missing("postgresql"):
        served = stack.enter_context(postgresql.run_server())
        yield POSTGRESQL, served.create_database(), served.create_database()


def _notes() -> list[str]:
    missing = peers.missing("postgresql")
    return [
        f"a round verifies {verification.SAMPLE} tokens, each in its own transaction",
        f"requests over {throughput.CONNECTIONS} connections for {throughput.SECONDS:g} s a round, to one worker",
        f"PostgreSQL was not measured: {missing}" if missing else "PostgreSQL on this machine, through a socket",
    ]


def _row(name: str, times: dict[int, Timing]) -> Sequence[str]:
    few, many = times[FEW].median, times[MANY].median
    met = "yes" if many / few <= MOST else "**no**"
    return name, f"{1e3 * few:.0f}", f"{1e3 * many:.0f}", f"{many / few:.2f} x", f"{MOST:.2f} x", met


def _verifications(rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    head = ("a verification", f"µs among {FEW:,}", f"µs among {MANY:,}", "measured", "at most", "met")
    return [head, *rows]


def _throughputs(rates: dict[str, float]) -> list[Sequence[str]]:
    rows: list[Sequence[str]] = [("what answers", "requests in a second", f"to {EMPTY}")]
    rows += [(name, f"{rate:,.0f}", f"{rate / rates[EMPTY]:.2f} x") for name, rate in rates.items()]
    return rows


if __name__ == "__main__":
    main()
