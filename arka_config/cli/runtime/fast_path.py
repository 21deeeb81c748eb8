"""The few command lines that are handled without click, because they run at every prompt, build step and TAB.

    [-p NAME] token [-p NAME]
    [-p NAME] prompt [-p NAME]
    [-p NAME] exec [-p NAME] -- COMMAND…
    a shell that completes a profile's name

Importing click takes longer than any of them. This module only parses: precedence, messages and exit codes are the same
code as for every command. Every other form is left to click, and a test compares the output of the two.
"""

from __future__ import annotations

from arka_config.cli.output import terminal
from arka_config.errors import ConfigError
from arka_config.text import is_profile_name

TYPE_CHECKING = False  # without typing: `token` takes the fast path
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arka_config.app_identity import AppIdentity

_PROFILE = ("-p", "--profile")
HANDLED = frozenset({"token", "prompt", "exec"})
COMMANDS = HANDLED | {"use", "profiles"}  # those that are handled, and those whose argument is completed

# The words after which a profile's name follows.
_BEFORE_A_NAME = (
    ("use",),
    *(("profiles", command) for command in ("show", "set", "unset", "rename", "copy", "remove", "verify")),
    *((*command, option) for command in ((), *((name,) for name in sorted(HANDLED))) for option in _PROFILE),
)
_SHELLS = ("bash_complete", "zsh_complete", "fish_complete", "powershell_complete")
_UNQUOTED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-= \n")


def run(app: AppIdentity, arguments: Sequence[str], environ: Mapping[str, str]) -> int | None:
    """Run the command line if it matches a form above and return its exit code; return None to hand over to click.

    Raises what the commands raise.
    """
    shell = environ.get(completion_variable(app.name))
    if shell:
        return _complete(app, shell, environ)
    parsed = _parse(arguments)
    if parsed is None or not app.has_command(parsed[0]):
        return None
    from arka_config.cli.runtime.session import Session

    name, profile, words = parsed
    try:
        session = Session(app, environ)
    except ConfigError:
        if name != "prompt":
            raise
        terminal.out("?")
        return 0
    session.profile = profile
    if name == "exec":
        from arka_config.cli.runtime import exec_process

        exec_process.run(session, words)
    text = session.fetch_token().secret.reveal() if name == "token" else app.redact(session.prompt_name())
    if text:
        terminal.out(text)
    return 0


def completion_variable(program: str) -> str:
    """The variable that a completion script sets, as click names it: `_ARKA_COMPLETE`."""
    return f"_{program.replace('-', '_').replace('.', '_')}_COMPLETE".upper()


def _parse(arguments: Sequence[str]) -> tuple[str, str | None, Sequence[str]] | None:
    """The command, the profile and the words after `--`; None if the arguments have another form."""
    command: str | None = None
    profile: str | None = None
    at = 0
    while at < len(arguments):
        word = arguments[at]
        if word in _PROFILE and profile is None and at + 1 < len(arguments) and is_profile_name(arguments[at + 1]):
            profile = arguments[at + 1]
            at += 1
        elif word in HANDLED and command is None:
            command = word
        elif word == "--" and command == "exec" and at + 1 < len(arguments):
            return command, profile, arguments[at + 1 :]
        else:
            return None
        at += 1
    return None if command in (None, "exec") else (str(command), profile, ())


def _complete(app: AppIdentity, shell: str, environ: Mapping[str, str]) -> int | None:
    """Print the profiles that complete the last word, in the format of click's scripts; None to hand over to click."""
    words = environ.get("COMP_WORDS", "")
    number = environ.get("COMP_CWORD", "")
    if shell not in _SHELLS or not _UNQUOTED.issuperset(words):
        return None
    before = words.split()[1:]
    if shell == "fish_complete":  # fish passes the word itself instead of its number
        prefix = number
        if prefix and before[-1:] == [prefix]:
            before.pop()
    elif number.isdigit() and 0 < int(number) <= len(before) + 1:
        at = int(number) - 1
        prefix = before[at] if at < len(before) else ""
        before = before[:at]
    else:
        return None
    attached = ""
    if prefix.startswith("--profile="):
        before.append("--profile")
        prefix = prefix.removeprefix("--profile=")
    elif prefix.startswith("-p") and len(prefix) > len("-p"):
        before.append("-p")
        attached, prefix = "-p", prefix.removeprefix("-p")
    if tuple(before) not in _BEFORE_A_NAME or prefix.startswith("-") or "=" in prefix:
        return None
    if not _UNQUOTED.issuperset(prefix) or not {" ", "\n"}.isdisjoint(prefix):
        return None
    if before and before[0] not in _PROFILE and not app.has_command(before[0]):
        return None
    from arka_config.cli.runtime.session import Session

    line = "plain\n{}{}\n_" if shell in ("zsh_complete", "powershell_complete") else "plain,{}{}"
    names = Session(app, environ).names_starting_with(prefix)
    terminal.out("\n".join(line.format(attached, name) for name in names))
    return 0
