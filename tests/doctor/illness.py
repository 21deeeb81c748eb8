"""An illness: how it is caught, what the doctor says of it, and what it prescribes.

`make` may give variables that belong to the illness. `command` is what is printed, with `~` for the home folder.
`stdin` and `types` are what a person then enters, and `editor` is what their editor does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.doctor.ward import Ward

NODE = ".config/arka-code-nodejs"
TOKENS = "~/.local/share/arka/tokens"


class Illness(NamedTuple):
    check: str
    place: str
    message: str
    command: str
    make: Callable[[Ward], Mapping[str, str] | None]
    severity: str = "error"
    stdin: str = ""
    types: str = ""
    editor: str = ""
    fixable: bool = False


ILLNESSES: dict[str, Illness] = {}


def illness(
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
) -> Callable[[Callable[[Ward], Mapping[str, str] | None]], None]:
    def decorator(make: Callable[[Ward], Mapping[str, str] | None]) -> None:
        name = make.__name__.replace("_", " ").strip()
        ILLNESSES[name] = Illness(check, place, message, command, make, severity, stdin, types, editor, fixable)

    return decorator
