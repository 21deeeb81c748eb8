"""Measure commands in turn, so that a machine that slows down affects all of them."""

from __future__ import annotations

import statistics
import subprocess
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Command(NamedTuple):
    """Words to run, and the complete environment."""

    words: Sequence[str]
    environ: Mapping[str, str]


class Timing(NamedTuple):
    """Milliseconds of each run."""

    runs: Sequence[float]

    @property
    def median(self) -> float:
        """The median in milliseconds."""
        return statistics.median(self.runs)

    @property
    def spread(self) -> str:
        """The middle half of the runs in milliseconds, as `17.2 to 19.9`."""
        low, _, high = statistics.quantiles(self.runs, n=4)
        return f"{low:.1f} to {high:.1f}"


def in_turn(commands: Mapping[str, Command], runs: int) -> dict[str, Timing]:
    """Run every command once to warm up, and then `runs` times in turn with the others."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for counted in (False, *[True] * runs):
        for name, command in commands.items():
            took = _run(command)
            if counted:
                times[name].append(took)
    return {name: Timing(taken) for name, taken in times.items()}


def works(command: Command) -> bool:
    """Tell whether a peer is installed and works."""
    try:
        return _execute(command).returncode == 0
    except FileNotFoundError:
        return False


def _run(command: Command) -> float:
    begin = time.perf_counter()
    done = _execute(command)
    took = 1e3 * (time.perf_counter() - begin)
    if done.returncode:
        raise SystemExit(f"{' '.join(command.words)} ended with {done.returncode}: {done.stderr.decode()[:500]}")
    return took


def _execute(command: Command) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command.words,
        env=command.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
