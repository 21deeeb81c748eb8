"""The few command lines that are answered without click, because they are run at every prompt, build step and TAB.

    [-p NAME] token [-p NAME]
    [-p NAME] prompt [-p NAME]
    [-p NAME] exec [-p NAME] -- COMMAND…
    a shell that completes a profile's name

Importing click takes longer than each of them. They are read here, and nothing is decided here: who wins, what is said
and how it ends are what they are for every command. Whatever has another form is click's, and a test holds the two to
the same bytes and exit codes.
"""

from __future__ import annotations

from arka_config.cli.output import terminal
from arka_config.cli.runtime.session import Session
from arka_config.text import is_profile_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from arka_config.app import App

_PROFILE = ("-p", "--profile")
_ANSWERED = ("token", "prompt", "exec")

# Where a profile's name stands as an argument, or as an option's value.
_NAMED_FIRST = (
    ("use",),
    *(("profiles", command) for command in ("show", "set", "unset", "rename", "copy", "remove", "verify")),
    *((*command, option) for command in ((), *((name,) for name in _ANSWERED)) for option in _PROFILE),
)
_UNQUOTED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./- ")


def answer(
    app: App, arguments: Sequence[str], environ: Mapping[str, str], only: Collection[str] | None = None
) -> int | None:
    """Layer a command line that has one of the forms above: the exit code. None where it has not, and is click's.

    `only` names the commands that are the app's, where some are not. Raises what the commands raise.
    """
    asked = environ.get(completion_variable(app.name))
    if asked:
        return _complete(app, asked, environ, only)
    read = _read(arguments)
    if read is None or not (only is None or read[0] in only):
        return None
    name, profile, words = read
    session = Session(app, environ)
    session.profile = profile
    if name == "exec":
        from arka_config.cli.runtime import exec_process

        exec_process.run(session, words)
    text = session.token().secret.reveal() if name == "token" else app.redacted(session.prompt_name())
    if text:
        terminal.out(text)
    return 0


def completion_variable(program: str) -> str:
    """The variable by which a shell's completion script asks a program, as click names it: `_ARKA_COMPLETE`."""
    return f"_{program.replace('-', '_').replace('.', '_')}_COMPLETE".upper()


def _read(arguments: Sequence[str]) -> tuple[str, str | None, Sequence[str]] | None:
    """The command, the profile and the words behind `--`, where the arguments have one of the forms."""
    command: str | None = None
    profile: str | None = None
    at = 0
    while at < len(arguments):
        word = arguments[at]
        if word in _PROFILE and profile is None and at + 1 < len(arguments) and is_profile_name(arguments[at + 1]):
            profile = arguments[at + 1]
            at += 1
        elif word in _ANSWERED and command is None:
            command = word
        elif word == "--" and command == "exec" and at + 1 < len(arguments):
            return command, profile, arguments[at + 1 :]
        else:
            return None
        at += 1
    return None if command in (None, "exec") else (str(command), profile, ())


def _complete(app: App, asked: str, environ: Mapping[str, str], only: Collection[str] | None) -> int | None:
    """Prints the names that begin so, where a name is asked for, in the form that click's scripts read."""
    words = environ.get("COMP_WORDS", "")
    number = environ.get("COMP_CWORD", "")
    if asked not in ("bash_complete", "zsh_complete", "fish_complete") or not _UNQUOTED.issuperset(words):
        return None
    given = words.split()[1:]
    if asked == "fish_complete":  # which gives the word itself in place of its number
        begun = number
        if begun and given[-1:] == [begun]:
            given.pop()
    elif number.isdigit() and 0 < int(number) <= len(given) + 1:
        at = int(number) - 1
        begun = given[at] if at < len(given) else ""
        given = given[:at]
    else:
        return None
    if tuple(given) not in _NAMED_FIRST or begun.startswith("-") or not _UNQUOTED.issuperset(begun) or " " in begun:
        return None
    if given and only is not None and given[0] not in (*only, *_PROFILE):
        return None
    answer = "plain\n{}\n_" if asked == "zsh_complete" else "plain,{}"
    terminal.out("\n".join(answer.format(name) for name in Session(app, environ).names_starting_with(begun)))
    return 0
