"""The `arka` program."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs `arka` with the arguments and the environment of this process, and exits."""
    from arka_config.arka import app
    from arka_config.cli.run import run

    sys.exit(run(app))


if __name__ == "__main__":
    main()
