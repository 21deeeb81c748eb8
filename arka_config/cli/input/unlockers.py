"""The new unlockers of `vault enable` and `vault add-unlocker`: their command-line options, and secrets to choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.input.paths import FILE
from arka_config.cli.input.retry import retry
from arka_config.cli.output import terminal
from arka_config.errors import UsageError
from arka_config.sealing.unlockers import registry
from arka_config.sealing.unlockers.environment import secret_from
from arka_config.sealing.unlockers.registry import NewUnlocker
from arka_config.sealing.vault import vault_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from arka_config.cli.runtime.session import Session
    from arka_config.sealing.unlockers.protocol import Prompt


class Mismatch(UsageError):
    """The two answers differ."""


def kind_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every unlocker kind to a command, by parameters of the form `kind.option`."""
    kinds = {"PATH": FILE}
    for kind in reversed(list(map(registry.load, registry.KINDS))):
        for option in reversed(kind.options):
            parameter = _parameter(kind.name, option.name)
            command = click.option(
                option.flag, parameter, metavar=option.metavar, type=kinds.get(option.metavar), help=option.help
            )(command)
    return command


def _parameter(kind: str, name: str) -> str:
    return f"{kind}_{name}".replace("-", "_")


def new_unlockers(session: Session, kinds: Sequence[str], options: Mapping[str, str | None]) -> list[NewUnlocker]:
    """Return the requested unlockers; ask for new secrets. Raises UsageError for an option of another kind."""
    for name in registry.KINDS:
        for option in registry.load(name).options:
            if options[_parameter(name, option.name)] is not None and name not in kinds:
                raise UsageError(
                    f"{option.flag} is for the unlocker '{name}'", hint=f"add --with {name}, or omit {option.flag}"
                )
    return [_new_unlocker(session, name, options) for name in dict.fromkeys(kinds)]


def _new_unlocker(session: Session, name: str, options: Mapping[str, str | None]) -> NewUnlocker:
    kind = registry.load(name)
    values = {option.name: options[_parameter(name, option.name)] for option in kind.options}
    secrets = {prompt.name: _new_secret(session, prompt) for prompt in kind.prompts}
    given = {key: value for key, value in values.items() if value is not None} | secrets
    if reason := kind.weakness(given):
        terminal.warn(f"the {name} is weak: {reason}", hint="four words chosen at random, or a longer one")
    return NewUnlocker(name, **given)


def _new_secret(session: Session, prompt: Prompt) -> str:
    """Return the secret from the environment, unless it has just opened the vault; otherwise ask for it twice."""
    given = secret_from(session.app, session.environ, prompt.variable)
    if given is not None and given[0].encode() not in vault_of(session.store).answers:
        return given[0]
    hint = f"set {session.app.variable(prompt.variable)}_FILE"
    if not session.can_ask:
        raise UsageError(f"there is no new {prompt.name}, and there is no terminal to ask on", hint=hint)

    def ask() -> str:
        typed = terminal.ask_secret(f"New {prompt.name}", hint=hint)
        if not typed:
            raise UsageError(f"the {prompt.name} is empty", hint="run the command again")
        if terminal.ask_secret(f"Repeat the {prompt.name}", hint=hint) != typed:
            raise Mismatch(f"the two {prompt.name}s differ", hint="type the same one twice")
        return typed

    return retry(ask, Mismatch)
