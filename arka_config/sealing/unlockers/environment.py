"""A secret from the environment: in a variable, in the file that a variable names, or printed by a command."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from arka_config.errors import FileError, SealingError
from arka_config.store import files
from arka_config.store.programs import ProgramError, read_output
from arka_config.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arka_config.app_identity import AppIdentity


def secret_from(app: AppIdentity, environ: Mapping[str, str], name: str) -> tuple[str, str] | None:
    """Return the secret and the variable it comes from: NAME, NAME_FILE or NAME_COMMAND. None if none of them is set.

    Reads the file or runs the command. Raises SealingError if that gives no secret.
    """
    for suffix, read in (("", _value), ("_FILE", _read_file), ("_COMMAND", _run_command)):
        variable = app.variable(name + suffix)
        value = environ.get(variable, "")
        if value:
            secret = read(value, variable, app, environ)
            if not secret:
                raise SealingError(f"{variable} gives an empty value", hint=f"unset {variable}, or correct it")
            if any("\ud800" <= character <= "\udfff" for character in secret):  # how Python decodes other bytes
                raise SealingError(f"{variable} is not UTF-8 text", hint=f"correct {variable}")
            return secret, variable
    return None


def _value(value: str, _variable: str, _app: AppIdentity, _environ: Mapping[str, str]) -> str:
    return value


def _read_file(value: str, variable: str, _app: AppIdentity, _environ: Mapping[str, str]) -> str:
    try:
        text = files.read(os.path.expanduser(value), secret=True)
    except FileError as error:
        raise SealingError(f"{variable}: {error.message}", hint=error.hint) from None
    if text is None:
        raise SealingError(f"{variable}: {visible(value)} does not exist", hint=f"unset {variable}, or create the file")
    return _line(text)


def _run_command(value: str, variable: str, app: AppIdentity, environ: Mapping[str, str]) -> str:
    """Run the command without a shell, and without our secrets in its environment."""
    import shlex

    try:
        command = shlex.split(value)
    except ValueError:
        command = []
    if not command:
        raise SealingError(
            f"{variable}: not a command: empty, or with an unbalanced quotation mark", hint=f"correct {variable}"
        )
    try:
        return _line(read_output(command, app, environ, variable))
    except ProgramError as error:
        raise SealingError(f"{variable}: the command {error}", hint="run it yourself to see why") from None


def _line(text: str) -> str:
    return text.removesuffix("\n").removesuffix("\r")
