"""The performance targets: ratios of medians in one run, never milliseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bench import growth, history, loading, templates
from bench.commands import AWS, BARE, COMPLETION, GH, SEALED_KEY_FILE, SEALED_SESSION, TRUE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bench.timing import Timing

    Timings = Mapping[str, Timing]
    Growth = Mapping[str, Mapping[int, Timing]]


class Target(NamedTuple):
    """A ratio of at most `most`. `ratio` is None if the other program is not installed."""

    what: str
    to: str
    most: float
    ratio: float | None

    @property
    def is_met(self) -> bool | None:
        return None if self.ratio is None else self.ratio <= self.most


FAST = ("token", "token -p NAME", "token, from the environment")
SEALED = (SEALED_KEY_FILE, SEALED_SESSION)
LIGHT = ("profiles list", "status --offline", "env", "use")


def targets(times: Timings, loads: Timings, grown: Growth, planned: Growth, searched: Timings) -> Iterator[Target]:
    """Yield every target with the measured ratio."""
    for name in FAST:
        yield _ratio(times, name, BARE, 2.2)
        yield _ratio(times, name, GH, 0.6)
    for name in SEALED:
        yield _ratio(times, name, GH, 0.9)
    for name in ("prompt", COMPLETION):
        yield _ratio(times, name, BARE, 2.5)
    if GH in times:
        over = times["exec -- true"].median - times[TRUE].median
        yield Target("`exec -- true`, less `true` itself", f"`{GH}`", 0.9, over / times[GH].median)
    for name in LIGHT:
        yield _ratio(times, name, GH, 2.0)
    for name in LIGHT:
        yield _ratio(times, name, AWS, 1 / 3)
    yield _ratio(times, "--help", GH, 1.5)
    yield _ratio(loads, loading.OURS, loading.PLAIN, 1.5)
    ratio = searched[history.OURS].median / searched[history.GREP].median
    yield Target(
        f"`{history.OURS}`, of {history.COMMITS:,} commits", f"`{history.GREP}` on the same content", 2.0, ratio
    )
    for line in growth.READS_ONE:
        ratio = grown[line][10_000].median / grown[line][1].median
        yield Target(f"`{line}`, of 10,000 profiles", "of 1", 1.1, ratio)
    listed = grown["profiles list"]
    yield Target("`profiles list`, of 10,000 profiles", "of 1,000", 11.0, listed[10_000].median / listed[1_000].median)
    yield Target("`profiles list`, of 10,000 profiles", "2 seconds", 1.0, listed[10_000].median / 2_000)
    for step, by_count in planned.items():
        ratio = by_count[1_000].median / by_count[100].median
        yield Target(f"{step}, of 1,000 templates", "of 100", 11.0, ratio)
    nothing, first = planned[templates.NOTHING_TO_PLAN][1_000], planned[templates.FIRST_APPLY][1_000]
    yield Target(
        f"{templates.NOTHING_TO_PLAN}, of 1,000 templates", "their first apply", 1 / 3, nothing.median / first.median
    )


def _ratio(times: Timings, name: str, other: str, most: float) -> Target:
    ratio = times[name].median / times[other].median if name in times and other in times else None
    return Target(f"`{name}`", f"`{other}`", most, ratio)
