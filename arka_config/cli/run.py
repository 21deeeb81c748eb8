"""A run of a program, from its arguments to its exit code: here an error becomes its message, its hint and its code."""

from __future__ import annotations

import os
import sys

from arka_config.cli import fast, terminal
from arka_config.errors import EXIT_ERROR, EXIT_INTERRUPTED, ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from arka_config.app import App


def run(app: App, arguments: Sequence[str] | None = None, *, fast_path: bool = True) -> int:
    """Runs an app's command line, that of this process where none is given; the exit code.

    Without `fast_path`, click answers what could be answered without it, too.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    terminal.open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that cannot show `✓` shows its code, and nothing fails
            stream.reconfigure(errors="backslashreplace")
    terminal.redact_with(app.redacted)
    terminal.speak_warnings()
    code = 0
    try:
        code = _code(app, arguments, fast_path)
        sys.stdout.flush()
    except BrokenPipeError:
        terminal.write_nowhere()
    except OSError as error:
        code = _cannot_go_on(error)
    return code


def _code(app: App, arguments: Sequence[str], fast_path: bool) -> int:
    try:
        code = fast.answer(app, arguments, os.environ) if fast_path else None
        if code is None:
            from arka_config.cli import program

            code = program.answer(app, arguments)
    except ConfigError as error:
        terminal.tell_error(error)
        return error.exit_code
    except KeyboardInterrupt:
        terminal.say("")  # ends the line that the terminal shows as ^C
        terminal.say("interrupted")
        return EXIT_INTERRUPTED
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001  # a fault of this program, whose message may be anything, a token too
        return _crashed(app, error)
    return code


def _crashed(app: App, error: Exception) -> int:
    """What nobody foresaw: the places in the code, with nothing that was in the variables or in the message there."""
    import traceback

    terminal.say("Traceback (most recent call last):")
    for place in traceback.extract_tb(error.__traceback__):
        terminal.say(f"  {place.filename}, line {place.lineno}, in {place.name}")
    terminal.tell_error(
        ConfigError(
            f"{app.name} itself has a fault: {type(error).__name__}; its message may hold a secret, and is not shown",
            hint="report it, with the lines above and the command's words",
        )
    )
    return EXIT_ERROR


def _cannot_go_on(error: OSError) -> int:
    """What no module looks for: a full disk behind stdout, or a working directory that was removed."""
    import errno

    terminal.write_nowhere()
    place = error.filename or ("the working directory" if error.errno == errno.ENOENT else "stdout")
    terminal.tell_error(ConfigError(f"{place}: {(error.strerror or type(error).__name__).lower()}"))
    return EXIT_ERROR
