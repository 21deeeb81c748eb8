"""Variables as the text of a dotenv file that everything which reads such files reads alike. Standard library only.

There is no common syntax beyond plain `NAME=value`: `docker run --env-file` takes quotes as part of the value, the
shell needs them around a space or an `&`, python-dotenv expands `${…}` even inside single quotes, npm's dotenv ends a
value at `#`, and zsh looks for a command where a value begins with `=`. Tokens, URLs and profile names need nothing
else, and what does is refused.
"""

from __future__ import annotations

from arka_config.errors import InvalidValue
from arka_config.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_DIGITS = frozenset("0123456789")
_NAME = _LETTERS | _DIGITS | {"_"}
_VALUE = _NAME | frozenset("%+,-./:=?@[]^")


def lines(variables: Mapping[str, str]) -> str:
    """A `NAME=value` line for each variable, in their order; python-dotenv, npm's dotenv, docker, `node --env-file` and
    `set -a; . ./file` in a shell read the same values from them.

    Raises InvalidValue, naming the variable and never showing its value, where some of them would read it differently.
    """
    return "".join(f"{_checked_name(name)}={_checked_value(name, value)}\n" for name, value in variables.items())


def _checked_name(name: str) -> str:
    if not name or name[0] in _DIGITS or not _NAME.issuperset(name):
        raise InvalidValue(
            f"'{visible(name[:80])}' is not a variable's name: use letters, digits and '_', and no digit first"
        )
    return name


def _checked_value(name: str, value: str) -> str:
    # zsh takes `=` for the beginning of a command's name at the start of a value and after a colon.
    faults = (
        at
        for at, character in enumerate(value)
        if character not in _VALUE or (character == "=" and value[:at][-1:] in ("", ":"))
    )
    at = next(faults, None)
    if at is None:
        return value
    raise InvalidValue(
        f"{name} cannot be written to a dotenv file: docker, the shells and the dotenv libraries read the character at "
        f"position {at + 1} of its value differently",
        hint="leave it out of the file, and give it to the program in its environment",
    )
