"""The terminal: streams, colour and prompts.

The rules for every command:

- Only data goes to stdout. Messages, warnings, prompts and progress go to stderr.
- The user is prompted only if stdin and stderr are terminals, whatever stdout is: `$(… token)` works.
- A secret is read without echo, or not at all.
- Colour depends on the stream: off with NO_COLOR, on with FORCE_COLOR, else on for a terminal.
- Anything that looks like a token is masked in every message, wherever it came from.
- Control characters in text from files, variables and servers are escaped, and so is what a CI system would take for a
  command. Data that a program reads (`out`) is exact.
"""

from __future__ import annotations

import os
import sys
import warnings

from arka_config import debug
from arka_config.errors import Cancelled, ConfigWarning, UsageError
from arka_config.store.system import SYSTEM
from arka_config.text import escape_ci_commands, visible

TYPE_CHECKING = False  # without typing: `token` takes the fast path
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from typing import Any, TextIO

    from arka_config.app_identity import AppIdentity
    from arka_config.errors import ConfigError


_COLUMNS = 80  # of what is not a terminal

_redacted: Callable[[str], str] = str


class _NoLine:
    """No line at the bottom of the terminal, so nothing to hide."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


# The line that is rewritten at the bottom of the terminal, such as a progress bar. It is hidden during a block.
last_line: AbstractContextManager[None] = _NoLine()


class AppOutput:
    """The output of an app, as a context manager: its tokens are masked on stderr, and ConfigWarnings are printed like
    other messages, each once. The previous state is restored at the end, because another app may run in this process.
    """

    def __init__(self, app: AppIdentity) -> None:
        self._app = app
        self._outer = _redacted
        self._warnings = warnings.catch_warnings()
        self._shown: set[str] = set()

    def __enter__(self) -> None:
        global _redacted  # noqa: PLW0603  # not a context variable: the threads of a progress bar mask too
        if self._outer == self._app.redact:  # nested in the output of the same app
            return
        _redacted = self._app.redact
        if self._app.is_on("DEBUG", os.environ):
            start_debug_log()
        self._warnings.__enter__()
        self._showwarning = warnings.showwarning
        warnings.showwarning = self._show
        warnings.simplefilter("always", ConfigWarning)

    def __exit__(self, *_: object) -> None:
        global _redacted  # noqa: PLW0603  # as above
        if self._outer != self._app.redact:
            debug.listener = None
            self._warnings.__exit__(None, None, None)
            _redacted = self._outer

    def _show(self, message: Warning | str, category: type[Warning], *rest: Any, **more: Any) -> None:
        if not isinstance(message, ConfigWarning):
            self._showwarning(message, category, *rest, **more)
        elif str(message) not in self._shown:
            self._shown.add(str(message))
            warn(message.message, hint=message.hint)


def safe_text(text: str) -> str:
    """Return the text with tokens masked and control characters escaped."""
    return visible(_redacted(text))


def open_closed_streams() -> None:
    """Open /dev/null for each standard stream that was closed before the start (`… <&-`), which Python sets to None."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  # stays open until the process ends


def has_colour(stream: TextIO) -> bool:
    """Whether text for this stream is coloured (https://no-color.org, https://force-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and SYSTEM.shows_colour(stream)


def columns() -> int:
    """The width of the terminal, as `shutil.get_terminal_size` finds it. Help pages would wait for that import."""
    try:
        given = int(os.environ["COLUMNS"])
    except (KeyError, ValueError):
        given = 0
    if given > 0:
        return given
    try:
        return os.get_terminal_size(1 if sys.__stdout__ is None else sys.__stdout__.fileno()).columns or _COLUMNS
    except (ValueError, OSError):  # stdout is closed, or no terminal
        return _COLUMNS


def style(text: str, stream: TextIO, **attributes: bool | str) -> str:
    """Return the text in a style, if the stream has colour."""
    if not has_colour(stream):
        return text
    from click import style as click_style

    return click_style(text, **attributes)  # type: ignore[arg-type]  # click names each


def out(text: str) -> None:
    """Print data to stdout, exactly. A closed pipe (`… | head -1`) is not an error and does not stop the command."""
    try:
        with last_line:
            sys.stdout.write(f"{text}\n")
    except BrokenPipeError:
        discard_stdout()


def out_report(text: str) -> None:
    """Print lines to stdout that users read: a table, or a part of a report. The caller has made them safe."""
    out(escape_ci_commands(text))


def link(line: str, stream: TextIO) -> str:
    """Return a line with its web addresses as links, if the stream is a terminal that shows them."""
    if "://" not in line:
        return line
    from arka_config.cli.output import links  # rarely needed: the fast path does without it

    return links.link(line, stream)


def discard_stdout() -> None:
    """Redirect stdout to /dev/null, so that no later write, nor the flush at exit, fails again."""
    _discard(sys.stdout)


def _discard(stream: TextIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _write_to_stderr(line: str) -> None:
    """Print a line to stderr. One that cannot be written does not stop the command, nor change its exit code."""
    try:
        sys.stdout.flush()  # keeps the order if both streams are one file
    except BrokenPipeError:
        discard_stdout()
    try:
        with last_line:
            sys.stderr.write(f"{link(escape_ci_commands(line), sys.stderr)}\n")
            sys.stderr.flush()  # a test's stream may not be line-buffered
    except OSError:  # a closed pipe, a full disk
        _discard(sys.stderr)


def say(text: str, *, mark: str = "") -> None:
    """Print a message to stderr, after a green mark such as `✓` if one is given."""
    prefix = style(mark, sys.stderr, fg="green") + " " if mark else ""
    _write_to_stderr(f"{prefix}{safe_text(text)}")


def say_verbatim(line: str) -> None:
    """Print a line to stderr that the caller has made safe and styled."""
    _write_to_stderr(line)


def note(text: str) -> None:
    """Print a note to stderr."""
    _write_to_stderr(f"{style('note:', sys.stderr, fg='cyan')} {safe_text(text)}")


def start_debug_log() -> None:
    """Log each step to stderr from here on, until the app's output ends."""
    if debug.listener is None:
        debug.listener = _show_step
        import platform
        from importlib.metadata import version

        debug.log(f"arka-config {version('arka-config')}, Python {platform.python_version()}, {sys.platform}")


def _show_step(step: str) -> None:
    _write_to_stderr(f"{style('debug:', sys.stderr, dim=True)} {safe_text(step)}")


def warn(text: str, *, hint: str = "") -> None:
    """Print a warning to stderr, with its hint on a line of its own."""
    _write_to_stderr(f"{style('warning:', sys.stderr, fg='yellow')} {safe_text(text)}")
    if hint:
        show_hint(hint)


def show_hint(hint: str) -> None:
    """Print a hint to stderr."""
    _write_to_stderr(f"{style('hint:', sys.stderr, bold=True)} {safe_text(hint)}")


def show_error(error: ConfigError) -> None:
    """Print an error with its hint to stderr."""
    first, *rest = error.lines
    _write_to_stderr(f"{style('error:', sys.stderr, fg='red', bold=True)} {safe_text(first)}")
    for line in rest:
        _write_to_stderr(f"       {safe_text(line)}")
    if error.hint:
        show_hint(error.hint)


def can_ask(no_input: bool) -> bool:
    """Whether the user may be prompted."""
    return not no_input and sys.stdin.isatty() and sys.stderr.isatty()


def ask_secret(question: str, *, hint: str = "--with-token reads it from stdin") -> str:
    """Read a line without echo. Raises Cancelled at the end of the input, KeyboardInterrupt on Ctrl-C."""
    import getpass

    with last_line, warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(f"{escape_ci_commands(safe_text(question))}: ", sys.stderr)
        except getpass.GetPassWarning:
            raise UsageError("this terminal cannot hide what is typed", hint=hint) from None
        except EOFError:
            sys.stderr.write("\n")
            raise Cancelled("nothing was entered") from None


def ask(question: str) -> str:
    """Read a line. Raises Cancelled, KeyboardInterrupt."""
    with last_line:
        sys.stderr.write(f"{escape_ci_commands(safe_text(question))}: ")
        sys.stderr.flush()
        line = sys.stdin.readline()
    if not line:
        sys.stderr.write("\n")
        raise Cancelled("nothing was entered")
    return line.strip()


def confirm(question: str) -> bool:
    """Ask a question and return whether the answer is yes; anything else is no. Raises Cancelled, KeyboardInterrupt."""
    return ask(f"{question} [y/N]").lower() in ("y", "yes")
