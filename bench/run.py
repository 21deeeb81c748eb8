"""Times whole commands against a bare Python and against the peers that are installed, and prints the ratios.

Every command is run once and not counted, and then in turn with all the others, so that a machine which slows down
slows all of them down. What counts is the median's ratio, not its milliseconds.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from arka_config import Credential, Origin, ProfileStore, Secret
from arka_config.arka import app

RUNS = int(os.environ.get("RUNS", "20"))
ARKA = str(Path(sys.executable).with_name("arka"))

OURS = [
    "token",
    "token -p ci",
    "prompt",
    "exec -- true",
    "use work",
    "env",
    "status --offline",
    "profiles list",
    "--help",
]
PEERS = {"gh auth token": {"GH_TOKEN": "a-token"}, "aws configure list-profiles": {}}


def main() -> None:
    """Runs every command RUNS times and prints a table."""
    commands = {"python -c pass": [sys.executable, "-c", "pass"]}
    commands |= {f"arka {line}": [ARKA, *line.split()] for line in OURS}
    with tempfile.TemporaryDirectory() as home:
        environ = prepared(home)
        commands |= {line: line.split() for line in PEERS if runs_here(line.split(), environ)}
        times = measured(commands, environ)
    show(times)


def runs_here(command: list[str], environ: dict[str, str]) -> bool:
    """Whether a peer is installed and does its work."""
    found = shutil.which(command[0]) is not None
    return found and subprocess.run(command, env=environ, capture_output=True, check=False).returncode == 0


def prepared(home: str) -> dict[str, str]:
    """An environment with two profiles, one of them active."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("ARKA_", "XDG_", "PYTHON"))}
    environ |= {"HOME": home, "ARKA_HOME": os.path.join(home, "arka")}
    store = ProfileStore.open(app, environ)
    for name in ("work", "ci"):
        store.log_in(name, Credential(Secret("arka_" + name.ljust(37, "0")), Origin.of("https://arka-ai.com")))
    store.edit("work", {("settings", "timeout"): 60})
    for variables in PEERS.values():
        environ |= variables
    return environ


def measured(commands: dict[str, list[str]], environ: dict[str, str]) -> dict[str, list[float]]:
    """Milliseconds of each run of each command, the first of each left out."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(RUNS + 1):
        for name, command in commands.items():
            begin = time.perf_counter()
            subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
            times[name].append(1e3 * (time.perf_counter() - begin))
    return {name: runs[1:] for name, runs in times.items()}


def show(times: dict[str, list[float]]) -> None:
    """The table: median, spread, and the ratio to each yardstick."""
    yardsticks = [name for name in times if not name.startswith("arka ")]
    table = Table("command", "median ms", "min to max", *(f"x {name}" for name in yardsticks), box=None)
    for name, runs in times.items():
        median = statistics.median(runs)
        ratios = [f"{median / statistics.median(times[yardstick]):.2f}" for yardstick in yardsticks]
        table.add_row(name, f"{median:.1f}", f"{min(runs):.1f} to {max(runs):.1f}", *ratios)
    Console().print(table)


if __name__ == "__main__":
    main()
