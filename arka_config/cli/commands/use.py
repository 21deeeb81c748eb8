"""`use`: make a profile the active one, switch back to the previous one, or pin a directory to one."""

from __future__ import annotations

import os

import click

from arka_config.cli.output import terminal
from arka_config.cli.runtime import legacy_sync
from arka_config.cli.runtime.command import ProfileName, Session, command
from arka_config.errors import Cancelled, ConfigError, UsageError
from arka_config.precedence.values import ENV, PIN


@command()
@click.argument("name", required=False, type=ProfileName())
@click.option("--here", is_flag=True, help="Pin this directory, and everything below it, to the profile.")
@click.option("--unpin", is_flag=True, help="Remove this directory's pin.")
def use(session: Session, name: str | None, here: bool, unpin: bool) -> None:
    """Make a profile the active one, for all your shells.

    `-` switches back to the previous one. Without a name, prompts for one. To select a profile in one shell only:
    `eval "$({app} env --profile NAME)"`.
    """
    if unpin and (here or name or session.profile):
        raise UsageError("--unpin takes no profile and no other option", hint=f"{session.app.name} use --unpin")
    if unpin:
        return _unpin(session)
    if name is not None:
        session.check_not_two(name)
    wanted = name or session.profile
    if wanted is None:
        wanted = _prompt_for_name(session)
    if here:
        return _pin(session, wanted)
    before, _ = session.store.selection.read_active()
    if wanted == "-":
        wanted = session.store.use_previous()
    else:
        before = session.store.use(wanted)
    legacy_sync.after_change(session)
    session.report(
        {"profile": wanted, "before": before},
        f"Profile '{wanted}' is active" + ("" if before != wanted else " already"),
    )
    _note_overrides(session, wanted)


def _pin(session: Session, name: str) -> None:
    directory = os.path.realpath(os.getcwd())
    if name == "-":
        raise UsageError("--here needs a profile's name", hint=f"{session.app.name} use NAME --here")
    session.store.pin(directory, name)
    session.report(
        {"profile": name, "directory": directory},
        f"{session.with_tilde(directory)} and everything below it use profile '{name}'",
    )


def _unpin(session: Session) -> None:
    directory = os.path.realpath(os.getcwd())
    name = session.store.unpin(directory)
    if name is None:
        raise ConfigError(f"{directory} itself is not pinned", hint=f"{session.app.name} status")
    session.report(
        {"profile": name, "directory": directory},
        f"{session.with_tilde(directory)} is no longer pinned to profile '{name}'",
    )


def _prompt_for_name(session: Session) -> str:
    """Prompt for one of the profiles, by number or name."""
    names = session.store.names()
    if not names:
        raise ConfigError("there are no profiles", hint=f"{session.app.name} login --profile NAME")
    if not session.can_ask:
        raise UsageError("which profile?", hint=f"{session.app.name} use NAME")
    active, _ = session.store.selection.read_active()
    for number, name in enumerate(names, 1):
        terminal.say(f"{'●' if name == active else ' '} {number:>2}  {name}")
    answer = terminal.ask("Which profile (number or name)")
    if not answer:
        raise Cancelled("nothing was changed")
    if answer.isdigit() and answer not in names and 0 < int(answer) <= len(names):
        return names[int(answer) - 1]
    return session.store.check_exists(answer)


def _note_overrides(session: Session, name: str) -> None:
    """Say what overrides the active profile here: a variable, a pinned directory, or a token in the environment."""
    choice = session.resolution.choice() if session.profile is None else None
    variable = session.app.token_field.variable
    if choice is not None and choice.value != name and choice.layer == ENV:
        terminal.note(f"{choice.source} chooses '{choice.value}' in this shell: unset {choice.source}")
    elif choice is not None and choice.value != name and choice.layer == PIN:
        terminal.note(f"this directory is pinned to '{choice.value}': {session.app.name} use --unpin in {choice.key}")
    if session.environ.get(variable):
        terminal.note(f"{variable} is set in this shell, and wins over the active profile's token: unset {variable}")
