"""Times of whole commands, run in turn: a machine that slows down slows all of them down."""

from __future__ import annotations

import statistics
import subprocess
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Command(NamedTuple):
    """Words to run, and the whole environment to run them in."""

    words: Sequence[str]
    environ: Mapping[str, str]


class Timing(NamedTuple):
    """Milliseconds of each run."""

    runs: Sequence[float]

    @property
    def median(self) -> float:
        """The middle one, in milliseconds."""
        return statistics.median(self.runs)

    @property
    def spread(self) -> str:
        """What half of the runs took: `17.2 to 19.9`, in milliseconds."""
        low, _, high = statistics.quantiles(self.runs, n=4)
        return f"{low:.1f} to {high:.1f}"


def in_turn(commands: Mapping[str, Command], runs: int) -> dict[str, Timing]:
    """Every command once, not counted, and then `runs` times in turn with all the others."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for counted in (False, *[True] * runs):
        for name, command in commands.items():
            took = _run(command)
            if counted:
                times[name].append(took)
    return {name: Timing(taken) for name, taken in times.items()}


def works(command: Command) -> bool:
    """Whether a peer is there and does its work."""
    try:
        return _done(command).returncode == 0
    except FileNotFoundError:
        return False


def _run(command: Command) -> float:
    begin = time.perf_counter()
    done = _done(command)
    took = 1e3 * (time.perf_counter() - begin)
    if done.returncode:
        raise SystemExit(f"{' '.join(command.words)} ended with {done.returncode}: {done.stderr.decode()[:500]}")
    return took


def _done(command: Command) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command.words,
        env=command.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
