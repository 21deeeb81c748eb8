"""Problem: something that is wrong, where it is, and what mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from arka_config.errors import ConfigError

ERROR = "error"  # something does not work, or a secret is open to others
WARNING = "warning"  # it works, and should not stay as it is
NOTE = "note"  # it may be as it is, and is good to know: it makes nobody ill
SEVERITIES = (ERROR, WARNING, NOTE)


class Fix(NamedTuple):
    """A change that is safe to make unasked: `done` says in the past tense what `run` does. `run` is called under the
    store's lock, looks again first, and raises ConfigError or OSError where it cannot."""

    done: str
    run: Callable[[], object]


class Problem(NamedTuple):
    """What was found. `place` is a file (with a line, where there is one), a folder or a variable.

    `command` mends it and can be pasted into a shell; where no command does, `advice` says what to do. Both may be
    there. No part of it ever holds a secret.
    """

    severity: str
    place: str
    message: str
    command: str = ""
    advice: str = ""
    fix: Fix | None = None
    check: str = ""

    @property
    def is_illness(self) -> bool:
        """Whether it is more than a note."""
        return self.severity != NOTE


def of(error: ConfigError, place: str, *, command: str = "", severity: str = ERROR) -> Problem:
    """The problem that a reader's error amounts to, in its own words, without the place that stands before them."""
    message = error.message.removeprefix(f"{place}: ").removeprefix(f"{place}, ").removeprefix(f"{place} ")
    return Problem(severity, place, message, command, "" if command else error.hint)
