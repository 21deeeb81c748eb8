"""Measure the workspace's server for docs/explanation/performance.md, and write it there.

    python -m bench.workspace             a part of `make bench`
    RUNS=3 python -m bench.workspace      a quick look; nothing is written

It needs `wrk`, about five minutes, and 1 GB below the folder for temporary files.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from bench import throughput, verification
from bench.run import DOCS, ENOUGH, RUNS, conditions, markdown, write
from bench.throughput import Target
from bench.verification import FEW, MANY
from tests import peers
from tests.workspace.server import postgresql
from tests.workspace.server.clients import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.throughput import Load, Server
    from bench.timing import Timing
    from bench.verification import Filled

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
EMPTY = "an empty handler"
MOST = 1.2  # the cost with a million rows, relative to a thousand
LEAST = {SQLITE: 0.5, POSTGRESQL: 0.4}  # the rate relative to the empty handler
MOST_MORE = 2.0  # milliseconds of one connection's median, compared with the empty handler
MOST_TAIL = 4.0  # the 99th percentile of the latency, relative to the median
LEAST_PAIRS = 73.0  # created and revoked in a second: five times what it was without TCP_NODELAY


def main() -> None:
    """Measure, print, and write the page if there were enough runs."""
    throughput.find_wrk()  # before filling the databases
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        rows = []
        servers: dict[str, Server] = {EMPTY: throughput.empty()}
        targets = {EMPTY: Target(EMPTY, ["GET /empty "])}
        for name, few, many in _databases(scratch, stack):
            print(f"filling {name} with {MANY:,} tokens", flush=True)
            among = {FEW: verification.fill(few, FEW), MANY: verification.fill(many, MANY)}
            rows.append(_row(name, verification.timings(among, RUNS)))
            for (count, held), url in zip(among.items(), (few, many), strict=True):
                server = f"{name}, {count:,} tokens"
                servers[server] = throughput.workspace(url)
                targets |= _targets(server, held)
                held.workspace.close()
        one = {
            f"{name}, one connection": each._replace(connections=1) for name, each in targets.items() if _is_me(each)
        }
        loads = throughput.measure(servers, targets | one, max(RUNS // 4, 2), scratch)
    tables = [_verifications(rows), _rates(loads, targets), _latencies(loads, one), _pairs(loads)]
    page = "\n\n".join([conditions(_notes(), "round"), *map(markdown, tables)])
    print(page)
    if RUNS >= ENOUGH:
        write(DOCS / "explanation" / "performance.md", page, "workspace")


def _targets(server: str, held: Filled) -> dict[str, Target]:
    """What is measured of a workspace: valid tokens, a bad one, and pairs of creating and revoking one."""
    pair = [f"POST /api/v1/tokens {held.manager}", f"DELETE CREATED {held.manager}"]
    return {
        f"`GET /api/v1/me`, {server}": Target(server, [f"GET /api/v1/me {token}" for token in held.sample]),
        f"a bad token, {server}": Target(server, [f"GET /api/v1/me {UNKNOWN}"], is_rejected=True),
        f"create and revoke, {server}": Target(server, pair, connections=1),
    }


def _is_me(target: Target) -> bool:
    return target.requests[0].startswith("GET ") and not target.is_rejected


def _databases(scratch: Path, stack: ExitStack) -> Iterator[tuple[str, str, str]]:
    """Yield the name of each installed database, and the URLs of two empty ones."""
    yield SQLITE, f"sqlite:///{scratch / 'few.db'}", f"sqlite:///{scratch / 'many.db'}"
    if not peers.missing("postgresql"):
        served = stack.enter_context(postgresql.run_server(postgresql.DURABLE))
        yield POSTGRESQL, served.create_database(), served.create_database()


def _notes() -> list[str]:
    missing = peers.missing("postgresql")
    return [
        f"a round verifies {verification.SAMPLE} tokens, each in its own transaction",
        f"requests by `wrk` over {throughput.CONNECTIONS} connections or one, {throughput.SECONDS} s each, one worker",
        f"PostgreSQL was not measured: {missing}"
        if missing
        else "PostgreSQL on this machine, through a socket; it and SQLite wait for the disk at each commit",
    ]


def _row(name: str, times: dict[int, Timing]) -> Sequence[str]:
    few, many = times[FEW].median, times[MANY].median
    met = _met(many / few <= MOST)
    return name, f"{1e3 * few:.0f}", f"{1e3 * many:.0f}", f"{many / few:.2f} x", f"{MOST:.2f} x", met


def _verifications(rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    head = ("a verification", f"µs among {FEW:,}", f"µs among {MANY:,}", "measured", "at most", "met")
    return [head, *rows]


def _rates(loads: Mapping[str, Load], targets: Mapping[str, Target]) -> list[Sequence[str]]:
    head = ("what answers", "requests in a second", f"to {EMPTY}", "at least", "p99 to the median", "at most", "met")
    rows: list[Sequence[str]] = [head]
    for name, target in targets.items():
        if target.connections == throughput.CONNECTIONS:
            rate, median, p99 = loads[name]
            ratio, tail = rate / loads[EMPTY].rate, p99 / median
            least = LEAST.get(target.server.partition(",")[0], 0)
            wanted = (
                f"{least:.2f} x",
                f"{tail:.1f} x",
                f"{MOST_TAIL:.1f} x",
                _met(ratio >= least and tail <= MOST_TAIL),
            )
            rows.append((name, f"{rate:,.0f}", f"{ratio:.2f} x", *(wanted if least else ("", f"{tail:.1f} x", "", ""))))
    return rows


def _latencies(loads: Mapping[str, Load], one: Mapping[str, Target]) -> list[Sequence[str]]:
    base = loads[f"{EMPTY}, one connection"].median
    rows: list[Sequence[str]] = [("what answers", "median ms", f"more than {EMPTY}", "at most", "met")]
    for name in one:
        median = loads[name].median
        rows.append(
            (name, f"{median:.2f}", f"{median - base:.2f} ms", f"{MOST_MORE} ms", _met(median - base <= MOST_MORE))
        )
    return rows


def _pairs(loads: Mapping[str, Load]) -> list[Sequence[str]]:
    rows: list[Sequence[str]] = [("one connection", "pairs in a second", "at least", "met")]
    for name, load in loads.items():
        if name.startswith("create and revoke"):
            pairs = load.rate / 2
            rows.append((name, f"{pairs:,.0f}", f"{LEAST_PAIRS:.0f}", _met(pairs >= LEAST_PAIRS)))
    return rows


def _met(is_met: bool) -> str:
    return "yes" if is_met else "**no**"


if __name__ == "__main__":
    main()
