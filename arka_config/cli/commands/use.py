"""`use`: make a profile the active one, switch back to the previous one, or pin a directory to one."""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING

import click

from arka_config.cli.input import keys
from arka_config.cli.output import tables, terminal
from arka_config.cli.output.format import NOT_CHECKED, expiry_cell
from arka_config.cli.runtime import legacy_sync
from arka_config.cli.runtime.command import ProfileName, command
from arka_config.errors import Cancelled, ConfigError, UsageError
from arka_config.precedence.values import ENV, PIN

if TYPE_CHECKING:
    from arka_config.cli.input.picker import Choice
    from arka_config.cli.output.documents.credentials import PinDocument, PinsDocument, UseDocument
    from arka_config.cli.runtime.session import Session


@command()
@click.argument("name", required=False, type=ProfileName())
@click.option("--here", is_flag=True, help="Pin this directory, and everything below it, to the profile.")
@click.option("--unpin", is_flag=True, help="Remove this directory's pin.")
@click.option("--pins", is_flag=True, help="List the pinned directories.")
def use(session: Session, name: str | None, here: bool, unpin: bool, pins: bool) -> None:
    """Make a profile the active one, for all your shells.

    `-` switches back to the previous one. Without a name, shows a list: move with the arrow keys, type to filter it. To
    select a profile in one shell only: `eval "$({app} env --profile NAME)"`.
    """
    for option, is_given, is_alone in (("--unpin", unpin, not pins), ("--pins", pins, not unpin)):
        if is_given and (here or name or session.profile or not is_alone):
            raise UsageError(f"{option} takes no profile and no other option", hint=f"{session.app.name} use {option}")
    if unpin:
        return _unpin(session)
    if pins:
        return _show_pins(session)
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
    legacy_sync.update(session)
    document: UseDocument = {"profile": wanted, "before": before}
    session.report(document, f"Profile '{wanted}' is active" + ("" if before != wanted else " already"))
    _note_overrides(session, wanted)


def _pin(session: Session, name: str) -> None:
    directory = os.path.realpath(os.getcwd())
    if name == "-":
        raise UsageError("--here needs a profile's name", hint=f"{session.app.name} use NAME --here")
    session.store.pin(directory, name)
    document: PinDocument = {"profile": name, "directory": directory}
    session.report(document, f"{session.with_tilde(directory)} and everything below it use profile '{name}'")


def _unpin(session: Session) -> None:
    directory = os.path.realpath(os.getcwd())
    name = session.store.unpin(directory)
    if name is None:
        raise ConfigError(f"{directory} itself is not pinned", hint=f"{session.app.name} status")
    document: PinDocument = {"profile": name, "directory": directory}
    session.report(document, f"{session.with_tilde(directory)} is no longer pinned to profile '{name}'")


def _show_pins(session: Session) -> None:
    """Show the pinned directories with their profiles, and what no longer exists."""
    pinned = sorted(session.store.selection.read_pins().items())
    if session.json:
        document: PinsDocument = {"pins": [{"directory": directory, "profile": name} for directory, name in pinned]}
        return session.show_json(document)
    if not pinned:
        return terminal.say(f"No directory is pinned; pin this one with: {session.app.name} use NAME --here")
    names = set(session.store.names())
    rows = [
        (
            session.with_tilde(directory),
            name,
            "no such directory" if not os.path.isdir(directory) else "no such profile" if name not in names else "",
        )
        for directory, name in pinned
    ]
    tables.show(("DIRECTORY", "PROFILE", ""), rows)


def _prompt_for_name(session: Session) -> str:
    """Let the user choose one of the profiles."""
    from arka_config.cli.input import picker

    names = session.store.names()
    if not names:
        raise ConfigError("there are no profiles", hint=f"{session.app.name} login --profile NAME")
    if not session.can_ask:
        raise UsageError("which profile?", hint=f"{session.app.name} use NAME")
    active, _ = session.store.selection.read_active()
    choices = [picker.Choice(name, _details(session, name), name == active) for name in names]
    if keys.can_read_keys():
        return picker.pick("Which profile?", choices)
    return _prompt_for_number(session, choices)


def _details(session: Session, name: str) -> tuple[str, str]:
    """The label of a profile's token, else its description; and when the token expires."""
    try:
        profile, stored = session.store.profiles.read(name), session.store.tokens.read(name)
    except ConfigError:  # a broken file hides no profile
        return "unreadable", ""
    if profile.reference is not None or stored is None:
        return profile.description, NOT_CHECKED if profile.reference is not None else "no token"
    cell = expiry_cell(session, stored, date=False, unknown="")
    return stored.label or profile.description, cell if isinstance(cell, str) else cell[0]


def _prompt_for_number(session: Session, choices: list[Choice]) -> str:
    """Prompt for a number or name, on a terminal that shows lines only."""
    names = {choice.name for choice in choices}
    # A number that is a profile's name means that profile, so it is not shown as the number of another.
    numbers = (number for number in map(str, itertools.count(1)) if number not in names)
    numbered = dict(zip(numbers, choices, strict=False))
    for number, choice in numbered.items():
        line = "  ".join(filter(None, (choice.name, *choice.details)))
        terminal.say(f"{'●' if choice.is_current else ' '} {number:>2}  {line}")
    answer = terminal.ask("Which profile (number or name)")
    if not answer:
        raise Cancelled("nothing was changed")
    return numbered[answer].name if answer in numbered else session.store.check_exists(answer)


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
