"""Turn the error that ends a run into its message and hint on stderr, and its exit code."""

from __future__ import annotations

import sys

from arka_config import debug
from arka_config.cli.output import terminal
from arka_config.errors import EXIT_ERROR, EXIT_INTERRUPTED, ConfigError, InterruptedBatch

TYPE_CHECKING = False  # without typing: `token` takes the fast path
if TYPE_CHECKING:
    from collections.abc import Callable

    from arka_config.app_identity import AppIdentity


def run_reporting_errors(app: AppIdentity, run: Callable[[], int]) -> int:
    """Call `run` and return its exit code. An error that it raises is reported, and its exit code returned."""
    terminal.open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that cannot encode `✓` shows an escape instead of failing
            stream.reconfigure(errors="backslashreplace")
    code = 0
    with terminal.AppOutput(app):
        try:
            code = _exit_code(run)
            sys.stdout.flush()
            debug.log(f"ended with exit code {code}")
        except BrokenPipeError:
            terminal.discard_stdout()
        except OSError as error:
            code = report_error(convert_os_error(error))
    return code


def _exit_code(run: Callable[[], int]) -> int:
    try:
        return run()
    except ConfigError as error:
        return report_error(error)
    except KeyboardInterrupt as interrupt:
        return report_interrupt(interrupt)
    except OSError:
        raise
    except Exception as error:  # a bug of ours: Python would print its message, which may contain a secret
        if sys.flags.dev_mode:
            raise
        return report_crash(error)


def report_error(error: ConfigError) -> int:
    """Print an error with its hint and return its exit code."""
    terminal.show_error(error)
    return error.exit_code


def report_interrupt(interrupt: KeyboardInterrupt) -> int:
    """Report that the user interrupted the run, and what was done by then; return the exit code."""
    terminal.say("")  # ends the line on which the terminal shows ^C
    terminal.say("interrupted")
    if isinstance(interrupt, InterruptedBatch):
        for line in interrupt.lines:
            terminal.say(f"  {line}")
        if interrupt.hint:
            terminal.show_hint(interrupt.hint)
    return EXIT_INTERRUPTED


def convert_os_error(error: OSError) -> ConfigError:
    """Convert an OSError that no module expected: a full disk behind stdout, or a working directory that was removed.

    Later output to stdout is discarded.
    """
    import errno

    terminal.discard_stdout()
    place = error.filename or ("the working directory" if error.errno == errno.ENOENT else "stdout")
    return ConfigError(f"{place}: {(error.strerror or type(error).__name__).lower()}")


def report_crash(error: Exception) -> int:
    """Report an unexpected exception: print the frame locations, but not the message or locals, which may contain a
    token. Python's development mode shows everything."""
    import traceback

    terminal.say("Traceback (most recent call last):")
    for place in traceback.extract_tb(error.__traceback__):
        terminal.say(f"  {place.filename}, line {place.lineno}, in {place.name}")
    terminal.show_error(
        ConfigError(
            f"unexpected {type(error).__name__}; its message is not shown, as it may contain a secret",
            hint="report it with the lines above; PYTHONDEVMODE=1 shows you the message",
        )
    )
    return EXIT_ERROR
