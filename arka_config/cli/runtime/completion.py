"""Answer a shell's completion script: what may be typed in place of the last word of a command line.

The scripts' variables and the format of the answers are click's, so the same scripts work for a program that runs
click's own `main`. `command` is a type of answer that click does not have: another command follows, which has this many
words before the last one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem, ShellComplete, split_arg_string

from arka_config.cli.runtime.words import COMMAND, is_shown
from arka_config.errors import ConfigError
from arka_config.exchange.variables import SHELLS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from arka_config.app_identity import AppIdentity

_ACTION = "_complete"


def answer(
    app: AppIdentity, group: click.Group, program: str, instruction: str, environ: Mapping[str, str]
) -> str | None:
    """Return the answer to a script whose variable has this value; None if click has to answer."""
    shell = instruction.removesuffix(_ACTION)
    if shell not in SHELLS or not instruction.endswith(_ACTION):
        return None
    arguments, incomplete = _words(shell, environ)
    try:
        items = _Completion(group, {}, program, "").get_completions(arguments, incomplete)
    except (click.ClickException, ConfigError):  # completion shows no errors
        items = []
    return "\n".join(_lines(shell, (item for item in items if is_shown(app, item))))


class _Completion(ShellComplete):
    """click's completion, with the words of another command."""

    name = "words"

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        """Return the candidates for the last word."""
        if "--" in args:
            # click takes an option of the other command for one of ours, so its words are not passed to click.
            start = args.index("--") + 1
            items = super().get_completions(args[:start], "")
            if any(item.type == COMMAND for item in items):
                return [CompletionItem(str(len(args) - start), type=COMMAND)]
        items = super().get_completions(args, incomplete)
        if not items and incomplete[:1] == "-" and incomplete[1:2] not in ("", "-"):
            items = self._complete_attached(args, incomplete[:2], incomplete[2:])
        return items

    def _complete_attached(self, args: list[str], option: str, value: str) -> list[CompletionItem]:
        """Complete `-pNAME` for a command of the app's author, whose class is not ours."""
        items = super().get_completions([*args, option], value)
        return [CompletionItem(option + item.value) for item in items if option in (item.options or ())]


def _words(shell: str, environ: Mapping[str, str]) -> tuple[list[str], str]:
    """The arguments before the last word, and the last word."""
    words = split_arg_string(environ.get("COMP_WORDS", ""))
    number = environ.get("COMP_CWORD", "")
    if shell == "fish":  # fish passes the word itself instead of its number
        arguments, incomplete = words[1:], "".join(split_arg_string(number)[:1])
        return (arguments[:-1] if incomplete and arguments[-1:] == [incomplete] else arguments), incomplete
    at = int(number) if number.isdigit() else len(words)
    return words[1:at], words[at] if at < len(words) else ""


def _lines(shell: str, items: Iterable[CompletionItem]) -> Iterable[str]:
    for item in items:
        text = " ".join((item.help or "").split())
        if shell in ("zsh", "powershell"):
            yield f"{item.type}\n{item.value}\n{text or '_'}"
        else:
            yield f"{item.type},{item.value}" + (f"\t{text}" if text and shell == "fish" else "")
