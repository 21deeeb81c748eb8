"""What goes to which stream, in which colour, and when a person is asked.

The rules, and every command keeps to them:

- Data goes to stdout, and nothing else does. Words, warnings, prompts and progress go to stderr.
- A person is asked only where stdin and stderr are terminals, whatever stdout is: `$(… token)` works.
- A secret is asked for without echo, or not at all.
- Colour follows the stream that is written to: NO_COLOR takes it away, FORCE_COLOR gives it, else a terminal has it.
- What looks like a token is masked in every line of words, wherever it came from.
- Text that came from a file, a variable or a server is made visible: no control character reaches a terminal.
"""

from __future__ import annotations

import os
import sys
import warnings

from arka_config import debug
from arka_config.errors import Cancelled, ConfigWarning, UsageError
from arka_config.text import visible

TYPE_CHECKING = False  # without typing, as in the standard-library tier: `token` writes to the terminal too
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TextIO

    from arka_config.app import App
    from arka_config.errors import ConfigError


_redacted: Callable[[str], str] = str


class AppOutput:
    """While an app speaks: what looks like one of its tokens is masked in every line on stderr, and the library's
    ConfigWarnings are said as the commands say things, each once. Afterwards all is as it was, since another app may
    speak next in this process.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._outer = _redacted
        self._warnings = warnings.catch_warnings()
        self._said: set[str] = set()

    def __enter__(self) -> None:
        global _redacted  # noqa: PLW0603  # the threads of a progress bar mask as well, so it is no context variable
        if self._outer == self._app.redacted:  # it speaks already
            return
        _redacted = self._app.redacted
        if self._app.is_on("DEBUG", os.environ):
            start_debug_log()
        self._warnings.__enter__()
        self._usual = warnings.showwarning
        warnings.showwarning = self._show
        warnings.simplefilter("always", ConfigWarning)

    def __exit__(self, *_: object) -> None:
        global _redacted  # noqa: PLW0603  # as above
        if self._outer != self._app.redacted:
            debug.listener = None
            self._warnings.__exit__(None, None, None)
            _redacted = self._outer

    def _show(self, message: Warning | str, category: type[Warning], *rest: Any, **more: Any) -> None:
        if not issubclass(category, ConfigWarning):
            self._usual(message, category, *rest, **more)
        elif str(message) not in self._said:
            self._said.add(str(message))
            warn(str(message))


def safe_text(text: str) -> str:
    """The text as it may be shown: nothing in it that looks like a token, and no control character."""
    return visible(_redacted(text))


def open_closed_streams() -> None:
    """Gives a stream that was closed before the start (`… <&-`), and that Python therefore has not, one without end."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  # for as long as we run


def has_colour(stream: TextIO) -> bool:
    """Whether text for this stream is coloured (https://no-color.org, https://force-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def style(text: str, stream: TextIO, **attributes: bool | str) -> str:
    """The text in a style, where the stream has colour."""
    if not has_colour(stream):
        return text
    from click import style as click_style

    return click_style(text, **attributes)  # type: ignore[arg-type]  # click names each


def out(text: str) -> None:
    """A line of data, to stdout. That nobody reads on (`… | head -1`) is no fault, and no end of the command."""
    try:
        sys.stdout.write(f"{text}\n")
    except BrokenPipeError:
        discard_stdout()


def discard_stdout() -> None:
    """Gives stdout a reader that takes everything, so that no later write, or the flush at the end, fails again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _to_stderr(line: str) -> None:
    try:
        sys.stdout.flush()  # where both streams are one file, what was written first stands first
    except BrokenPipeError:
        discard_stdout()
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()  # a test's may not be one that ends with each line


def say(text: str, *, mark: str = "") -> None:
    """A line of words, to stderr; a mark such as `✓` stands before it, in green."""
    before = style(mark, sys.stderr, fg="green") + " " if mark else ""
    _to_stderr(f"{before}{safe_text(text)}")


def say_verbatim(line: str) -> None:
    """A line of words to stderr whose parts have been made fit, and styled, by who made it."""
    _to_stderr(line)


def note(text: str) -> None:
    """A line that a careful person wants to know, to stderr."""
    _to_stderr(f"{style('note:', sys.stderr, fg='cyan')} {safe_text(text)}")


def start_debug_log() -> None:
    """Tells on stderr what is done from here on, step by step, until the app has spoken."""
    if debug.listener is None:
        debug.listener = _tell_step
        import platform
        from importlib.metadata import version

        debug.log(f"arka-config {version('arka-config')}, Python {platform.python_version()}, {sys.platform}")


def _tell_step(step: str) -> None:
    _to_stderr(f"{style('debug:', sys.stderr, dim=True)} {safe_text(step)}")


def warn(text: str) -> None:
    """A line about what should not stay as it is, to stderr; its hint stands on a line of its own."""
    what, separator, hint = text.partition("; hint: ")
    _to_stderr(f"{style('warning:', sys.stderr, fg='yellow')} {safe_text(what)}")
    if separator:
        show_hint(hint)


def show_hint(hint: str) -> None:
    """The way out, to stderr."""
    _to_stderr(f"{style('hint:', sys.stderr, bold=True)} {safe_text(hint)}")


def show_error(error: ConfigError) -> None:
    """An error with its hint, to stderr."""
    first, *rest = error.lines
    _to_stderr(f"{style('error:', sys.stderr, fg='red', bold=True)} {safe_text(first)}")
    for line in rest:
        _to_stderr(f"       {safe_text(line)}")
    if error.hint:
        show_hint(error.hint)


def can_ask(no_input: bool) -> bool:
    """Whether there is a person to ask."""
    return not no_input and sys.stdin.isatty() and sys.stderr.isatty()


def ask_secret(question: str, *, hint: str = "--with-token reads it from stdin") -> str:
    """What a person types without echo. Raises Cancelled at the end of the input, KeyboardInterrupt on Ctrl-C."""
    import getpass

    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(f"{safe_text(question)}: ", sys.stderr)
        except getpass.GetPassWarning:
            raise UsageError("this terminal cannot hide what is typed", hint=hint) from None
        except EOFError:
            sys.stderr.write("\n")
            raise Cancelled("nothing was entered") from None


def ask(question: str) -> str:
    """A line that a person types. Raises Cancelled, KeyboardInterrupt."""
    sys.stderr.write(f"{safe_text(question)}: ")
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        sys.stderr.write("\n")
        raise Cancelled("nothing was entered")
    return line.strip()


def confirm(question: str) -> bool:
    """Whether a person says yes; anything else is no. Raises Cancelled, KeyboardInterrupt."""
    return ask(f"{question} [y/N]").lower() in ("y", "yes")
