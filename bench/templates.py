"""Times plan and apply of 100 and of 1,000 templates, and prints the ratios: `python bench/templates.py`.

Every apply is of a home of its own, in a process of its own. The cost should grow with the number of templates and no
faster, and a plan that finds nothing to do should cost less than a third of the first apply.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ARKA = str(Path(sys.executable).with_name("arka"))
COUNTS = [int(count) for count in os.environ.get("COUNTS", "100 1000").split()]
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


def main() -> None:
    """Prints a line for each step, with its seconds at each count and their ratio."""
    steps = {count: measured(count) for count in COUNTS}
    least, most = COUNTS[0], COUNTS[-1]
    print(f"{'':24}" + "".join(f"{count:>10}" for count in COUNTS) + f"{'ratio':>10}")
    for step in steps[least]:
        ratio = steps[most][step] / steps[least][step]
        print(f"{step:24}" + "".join(f"{steps[count][step]:>9.2f}s" for count in COUNTS) + f"{ratio:>10.1f}")
    share = steps[most]["plan, nothing to do"] / steps[most]["first apply"]
    print(f"a plan of {most} that finds nothing to do takes {share:.0%} of the first apply")


def measured(count: int) -> dict[str, float]:
    """The seconds of each step for so many templates, every second of which stores a token."""
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home, "profiles")
        folder.mkdir()
        for number in range(1, count + 1):
            copy = "true" if number % 2 else "false"
            (folder / f"{number:05}.toml").write_text(TEMPLATE.format(number=number, copy=copy))
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("ARKA_", "XDG_"))}
        environ |= {"ARKA_HOME": os.path.join(home, "arka"), "ARKA_RUNNER_TOKEN": "arka_" + "0" * 37}
        return {
            "first plan": seconds(["plan", str(folder)], environ, 3),
            "first apply": seconds(["apply", str(folder), "--yes"], environ, 0),
            "plan, nothing to do": seconds(["plan", str(folder)], environ, 0),
            "apply, nothing to do": seconds(["apply", str(folder), "--yes"], environ, 0),
        }


def seconds(arguments: list[str], environ: dict[str, str], code: int) -> float:
    """How long a command takes. Raises RuntimeError where it ends otherwise than it should."""
    begin = time.perf_counter()
    done = subprocess.run([ARKA, *arguments], env=environ, capture_output=True, check=False)
    if done.returncode != code:
        raise RuntimeError(done.stderr.decode())
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
