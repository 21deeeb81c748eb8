"""A problem that a check reports, and the shell commands that fix one."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, NamedTuple

from arka_config.store.system import SYSTEM
from arka_config.text import UNPRINTABLE, is_printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from arka_config.errors import ConfigError

ERROR = "error"  # something does not work, or others can read or write a secret
WARNING = "warning"  # it works, but should be changed
NOTE = "note"  # informational; does not affect the exit code

_MAX_PATHS = 5  # in one command


class Fix(NamedTuple):
    """A change that is safe to make without asking. `done` describes it in the past tense.

    `run` is called while holding the store's lock, unless it `asks_workspace`. It checks again whether the change is
    still needed, and raises ConfigError or OSError if it fails.
    """

    done: str
    run: Callable[[], object]
    asks_workspace: bool = False


class Problem(NamedTuple):
    """What a check found. `place` is a file (with its line, if known), a folder or a variable.

    `command` fixes it and can be pasted into a POSIX shell; `advice` adds to it, or says what to do without one.
    `token_id` is the workspace's id of the token that the problem is about. No field ever contains a secret.
    """

    severity: str
    place: str
    message: str
    command: str = ""
    advice: str = ""
    fix: Fix | None = None
    check: str = ""
    token_id: str = ""

    @property
    def is_failure(self) -> bool:
        """Whether it makes the exit code 1."""
        return self.severity != NOTE

    @classmethod
    def from_error(cls, error: ConfigError, place: str, *, command: str = "", advice: str | None = None) -> Problem:
        """Report an error in its own words. Without `advice`, the error's hint is shown if there is no command."""
        message = error.message  # of which the place is shown already
        for separator in (": ", ", ", " "):
            message = message.removeprefix(f"{place}{separator}")
        if advice is None:
            advice = "" if command else error.hint
        return cls(ERROR, place, message, command, advice)


def shell_quote(text: str) -> str:
    """Quote text as one word of a shell. Unprintable characters become escapes in `$'…'`, for bash and zsh."""
    if is_printable(text):
        return shlex.quote(text)
    return "$'" + "".join(map(_escape, text)) + "'"


def _escape(character: str) -> str:
    if character in UNPRINTABLE:
        return "".join(f"\\{byte:03o}" for byte in os.fsencode(character))
    return f"\\{character}" if character in "\\'" else character


def shell_command(*words: str) -> str:
    """Join words to a command line."""
    return " ".join(map(shell_quote, words))


def chmod_command(mode: str, paths: Sequence[str]) -> str:
    """Return the command that sets the mode of files in one folder; if there are many, of everything in it."""
    if len(paths) <= _MAX_PATHS:
        return shell_command("chmod", mode, *paths)
    return f"chmod go-rwx {shell_quote(os.path.dirname(paths[0]))}/*"


def edit_command(path: str) -> str:
    """Return the command that opens a file in the user's editor."""
    return f"${{EDITOR:-vi}} {shell_quote(path)}"


def delete_lines_command(path: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return the command that deletes lines of a file. A span is its first and its last line."""
    path = os.path.realpath(path)  # `sed -i` would replace a symbolic link by a file
    parts = [f"{first}d" if first == last else f"{first},{last}d" for first, last in spans]
    in_place = "sed -i ''" if SYSTEM.name == "macos" else "sed -i"
    return f"{in_place} {shell_quote(';'.join(parts))} {shell_quote(path)}"


def reason_of(error: OSError) -> str:
    """Return the system's reason in lower case: `permission denied`."""
    return (error.strerror or type(error).__name__).lower()
