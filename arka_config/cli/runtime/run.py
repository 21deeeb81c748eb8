"""A run of a program, from its arguments to its exit code."""

from __future__ import annotations

import os
import sys

from arka_config.cli.runtime import fast_path
from arka_config.cli.runtime.reporting import run_reporting_errors

TYPE_CHECKING = False  # without typing: `token` takes the fast path
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

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
        return _import_command_tree().run(app, words, cli) if code is None else code

    return run_reporting_errors(app, run_words)


def _import_command_tree() -> ModuleType:
    """Import click and the tree of commands. Garbage collection would find nothing, and take a tenth of the run."""
    if (loaded := sys.modules.get("arka_config.cli.runtime.command_tree")) is not None:
        return loaded
    import gc

    is_collecting = gc.isenabled()
    gc.disable()
    try:
        from arka_config.cli.runtime import command_tree
    finally:
        if is_collecting:
            gc.enable()
    gc.freeze()  # later collections, and the one at exit, leave out what was imported
    return command_tree
