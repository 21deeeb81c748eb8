"""How a run ends that went wrong: what is said on stderr, and the exit code."""

from __future__ import annotations

from arka_config.cli.output import terminal
from arka_config.errors import EXIT_ERROR, EXIT_INTERRUPTED, ConfigError


def failed(error: ConfigError) -> int:
    """Says an error with its hint; the exit code."""
    terminal.show_error(error)
    return error.exit_code


def interrupted() -> int:
    """Says that a person ended it; the exit code."""
    terminal.say("")  # ends the line that the terminal shows as ^C
    terminal.say("interrupted")
    return EXIT_INTERRUPTED


def of_the_system(error: OSError) -> ConfigError:
    """What no module looks for: a full disk behind stdout, or a working directory that was removed. Nothing more is
    written to stdout."""
    import errno

    terminal.discard_stdout()
    place = error.filename or ("the working directory" if error.errno == errno.ENOENT else "stdout")
    return ConfigError(f"{place}: {(error.strerror or type(error).__name__).lower()}")


def crashed(error: Exception) -> int:
    """Says of what nobody foresaw where in the code it was, with nothing of what was in the variables and the message
    there: it may hold a token. Python's development mode shows all of it."""
    import traceback

    terminal.say("Traceback (most recent call last):")
    for place in traceback.extract_tb(error.__traceback__):
        terminal.say(f"  {place.filename}, line {place.lineno}, in {place.name}")
    terminal.show_error(
        ConfigError(
            f"this program has a fault: {type(error).__name__}; its message may hold a secret, and is not shown",
            hint="report it, with the lines above; PYTHONDEVMODE=1 shows you the message",
        )
    )
    return EXIT_ERROR
