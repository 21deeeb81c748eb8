"""Cases: how to create one problem, what doctor reports, and the command that fixes it.

A case may return variables to set. `place` and `command` are as doctor prints them, with `~` for the home folder.
`stdin` and `types` are the user's input to the command. If the command opens an editor, `editor` is what it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.doctor.user_home import UserHome

    Create = Callable[[UserHome], Mapping[str, str] | None]

NODE = ".config/arka-code-nodejs"
TOKENS = "~/.local/share/arka/tokens"


class Case(NamedTuple):
    check: str
    place: str
    message: str
    command: str
    create: Create
    severity: str = "error"
    stdin: str = ""
    types: str = ""
    editor: str = ""
    fixable: bool = False


CASES: dict[str, Case] = {}


def problem_case(
    check: str,
    place: str,
    message: str,
    command: str,
    severity: str = "error",
    *,
    stdin: str = "",
    types: str = "",
    editor: str = "",
    fixable: bool = False,
) -> Callable[[Create], None]:
    """Register the decorated function as a case, named after it."""

    def register(create: Create) -> None:
        name = create.__name__.replace("_", " ")
        CASES[name] = Case(check, place, message, command, create, severity, stdin, types, editor, fixable)

    return register
