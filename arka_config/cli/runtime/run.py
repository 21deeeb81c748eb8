"""A run of a program, from its arguments to its exit code."""

from __future__ import annotations

import os
import sys

from arka_config.cli.runtime import fast_path
from arka_config.cli.runtime.reporting import run_reporting_errors

TYPE_CHECKING = False  # without typing: `token` takes the fast path
if TYPE_CHECKING:
    from collections.abc import Sequence

    from arka_config.app_identity import AppIdentity


def run(
    app: AppIdentity,
    arguments: Sequence[str] | None = None,
    *,
    cli: str | None = None,
    use_fast_path: bool = True,
) -> int:
    """Run an app's command line and return the exit code. The default is the command line of this process.

    `cli` is the import string of the click group, Typer or ArgumentParser that the author added the app's commands to;
    without it, the program has the app's commands alone. Without `use_fast_path`, click also handles the command lines
    that do not need it.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)

    def run_words() -> int:
        code = fast_path.run(app, words, os.environ) if use_fast_path else None
        if code is None:
            from arka_config.cli.runtime import command_tree

            code = command_tree.run(app, words, cli)
        return code

    return run_reporting_errors(app, run_words)
