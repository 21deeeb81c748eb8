"""Environment variables as text for other programs: shells, dotenv files, and GitHub Actions. Standard library only."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from arka_config.errors import InvalidValue, UsageError
from arka_config.store import files
from arka_config.store.system import CLOEXEC, NOFOLLOW, SYSTEM
from arka_config.text import check_printable, shorten, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

SHELLS = ("bash", "zsh", "fish", "powershell")
_OTHER_SYNTAX = ("csh", "tcsh", "nu", "elvish", "xonsh", "rc", "es", "cmd")  # shells without `export`
# PowerShell treats the typographic single quotes like the plain one.
_POWERSHELL_QUOTES = "'\u2018\u2019\u201a\u201b"

_DOTENV_VALUE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_%+,-./:=?@[]^")


def current_shell(environ: Mapping[str, str]) -> str:
    """The user's shell as `$SHELL` names it, else the platform's usual one.

    Raises UsageError for a shell that would not understand the lines of any of these.
    """
    name = os.path.basename(environ.get("SHELL", "")).removesuffix(".exe").lstrip("-")
    if name in _OTHER_SYNTAX:
        raise UsageError(
            f"SHELL is {visible(name)}, and there are no lines for its syntax",
            hint=f"add --shell {', '.join(SHELLS[:-1])} or {SHELLS[-1]}; or use exec, which needs no shell",
        )
    if name in SHELLS:
        return name
    return SYSTEM.shell


def shell_lines(variables: Mapping[str, str], shell: str) -> str:
    """Lines that set and export the variables in a shell. A value is always quoted, so it is never executed.

    Raises InvalidValue for a control character.
    """
    return "\n".join(_assignment(name, check_printable(value, name), shell) for name, value in variables.items())


def _assignment(name: str, value: str, shell: str) -> str:
    if shell == "fish":
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"set -gx {name} '{escaped}'"
    if shell == "powershell":
        return f"$env:{name} = {quote_powershell(value)}"
    escaped = value.replace("'", "'\\''")
    return f"export {name}='{escaped}'"


def quote_powershell(text: str) -> str:
    """Return a text as a literal string of PowerShell."""
    return f"'{''.join(2 * each if each in _POWERSHELL_QUOTES else each for each in text)}'"


def dotenv_lines(variables: Mapping[str, str]) -> str:
    """A `NAME=value` line for each variable, in a form that all readers of dotenv files agree on.

    Beyond plain `NAME=value` there is no common syntax: `docker run --env-file` takes quotes as part of the value, the
    shell needs them around a space or an `&`, python-dotenv expands `${…}` even inside single quotes, npm's dotenv ends
    a value at `#`, and zsh looks up a command if a value starts with `=`. Tokens, URLs and profile names need nothing
    else.

    Raises InvalidValue for a value that the readers would not agree on; the error names the variable, not the value.
    """
    for name, value in variables.items():
        if not (name.isascii() and name.isidentifier()):
            raise InvalidValue(
                f"'{shorten(name, 80)}' is not a variable's name: use letters, digits and '_', and no digit first"
            )
        # zsh expands `=` to a command's path at the start of a value and after a colon.
        places = (
            at
            for at, character in enumerate(value, 1)
            if character not in _DOTENV_VALUE or (character == "=" and (at == 1 or value[at - 2] == ":"))
        )
        if position := next(places, 0):
            raise InvalidValue(
                f"{name} cannot be written to a dotenv file: docker, the shells and the dotenv libraries read the "
                f"character at position {position} of its value differently",
                hint="leave it out of the file, and pass it to the program in its environment",
            )
    return "".join(f"{name}={value}\n" for name, value in variables.items())


def github_mask(secret: str) -> str:
    """The workflow command that makes the GitHub runner hide a value in the rest of the log.

    Source: GitHub's "Workflow commands for GitHub Actions".
    """
    # A command is one line, and `%` starts an escape sequence in it.
    value = secret.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return f"::add-mask::{check_printable(value, 'the token')}"


def append_github_env(path: str, variables: Mapping[str, str]) -> None:
    """Append variables to the file that `GITHUB_ENV` names. Raises InvalidValue, FileError.

    Each value is enclosed by random delimiters, so that no value can end early and set further variables.
    """
    lines = []
    for name, value in variables.items():
        delimiter = f"end-{os.urandom(16).hex()}"
        lines += [f"{name}<<{delimiter}", check_printable(value, name), delimiter]
    try:
        _append(path, ("\n".join(lines) + "\n").encode("utf-8"))
    except OSError as error:
        raise files.failure("write", path, error) from None


def _append(path: str, content: bytes) -> None:
    """Append all of the content, or nothing if the disk is full: half a variable would break every later step."""
    files.refuse_link(path)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | CLOEXEC | NOFOLLOW
    descriptor = os.open(path, flags, files.PRIVATE_FILE)
    try:
        size = os.fstat(descriptor).st_size
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        except OSError:
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)
