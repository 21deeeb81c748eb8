"""A run of a program, from its arguments to its exit code: here an error becomes its message, its hint and its code."""

from __future__ import annotations

import os
import sys

from arka_config import debug
from arka_config.cli.output import terminal
from arka_config.cli.runtime import ending, fast_path
from arka_config.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from arka_config.app import App


def run(
    app: App,
    arguments: Sequence[str] | None = None,
    *,
    cli: str | None = None,
    only: Collection[str] | None = None,
    use_fast_path: bool = True,
) -> int:
    """Runs an app's command line, that of this process where none is given; the exit code.

    `cli` is the import string of the click group, or the Typer, that the author added the app's commands to, all or
    `only` some; without it, they are all that the program has. Without `use_fast_path`, click answers what could be
    answered without it, too.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)

    def answer() -> int:
        code = fast_path.answer(app, words, os.environ, only) if use_fast_path else None
        if code is None:
            from arka_config.cli.runtime import command_tree

            code = command_tree.answer(app, words, cli, only)
        return code

    return ended(app, answer)


def ended(app: App, answer: Callable[[], int]) -> int:
    """The exit code of what an app answers, or of the error that it raises, which is told on stderr."""
    terminal.open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that cannot show `✓` shows its code, and nothing fails
            stream.reconfigure(errors="backslashreplace")
    code = 0
    with terminal.AppOutput(app):
        try:
            code = _code(answer)
            sys.stdout.flush()
            debug.log(f"ended with exit code {code}")
        except BrokenPipeError:
            terminal.discard_stdout()
        except OSError as error:
            code = ending.failed(ending.of_the_system(error))
    return code


def _code(answer: Callable[[], int]) -> int:
    try:
        return answer()
    except ConfigError as error:
        return ending.failed(error)
    except KeyboardInterrupt:
        return ending.interrupted()
    except OSError:
        raise
    except Exception as error:  # a fault of ours: Python would show its message, which may hold a secret
        if sys.flags.dev_mode:
            raise
        return ending.crashed(error)
