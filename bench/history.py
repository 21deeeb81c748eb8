"""`arka scan --git` next to `git grep` on the same content: every version of every file, each once.

python -m bench.history        a quick look at these alone
"""

from __future__ import annotations

import os
import random
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench import homes
from bench.commands import ARKA
from bench.timing import Command, Timing, in_turn

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMITS = 10_000
FILES = 300
OURS, GREP = "scan --git", "git grep"
EVERYTHING = "refs/bench/everything"  # a tree with every version, for git grep
PATTERN = "arka_[A-Za-z0-9_-]{37}"
_DATE = 1_800_000_000


def timings(folder: Path, runs: int) -> dict[str, Timing]:
    """Measure both on one generated repository."""
    repository = folder / "history"
    make(repository)
    environ = homes.environment(folder / "home-of-history")
    inside = ["env", "-C", str(repository)]
    return in_turn(
        {
            OURS: Command([*inside, ARKA, "scan", "--git"], environ),
            GREP: Command([*inside, "git", "grep", "-c", "-E", PATTERN, EVERYTHING], environ),
        },
        runs,
    )


def make(repository: Path) -> None:
    """Generate a repository in which each commit changes a line of a file. The last one adds a placeholder to find."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(repository)], check=True)
    with subprocess.Popen(["git", "-C", str(repository), "fast-import", "--quiet"], stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.writelines(_commits())
    assert process.returncode == 0


def _commits() -> Iterator[bytes]:
    choose = random.Random(1)
    words = ["".join(choose.choices("abcdefghijklmnopqrstuvwxyz_", k=choose.randint(3, 12))) for _ in range(2_000)]
    files: dict[int, list[str]] = {}
    for number in range(1, COMMITS + 1):
        name = choose.randrange(FILES)
        lines = files.setdefault(name, [" ".join(choose.choices(words, k=8)) for _ in range(120)])
        new = " ".join(choose.choices(words, k=8)) if number < COMMITS else f"arka_{'x' * 37}"
        lines[choose.randrange(len(lines))] = new
        text = "\n".join(lines).encode()
        yield b"blob\nmark :%d\ndata %d\n%b\n" % (number, len(text), text)
        yield _commit("refs/heads/main", _DATE + number) + b"M 100644 :%d src/%d.py\n\n" % (number, name)
    yield _commit(EVERYTHING, _DATE)
    for number in range(1, COMMITS + 1):
        yield b"M 100644 :%d all/%d/%d\n" % (number, number % 100, number)


def _commit(ref: str, date: int) -> bytes:
    return b"commit %b\ncommitter Ann Example <ann@example.com> %d +0000\ndata 7\nChange\n\n" % (ref.encode(), date)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        times = timings(Path(scratch), int(os.environ.get("RUNS") or "5"))
    for name, timing in times.items():
        print(f"{name}: {timing.median:.0f} ms ({timing.spread})")
