"""What chooses a profile and a token here: the active profile, the pins, and the variables."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from arka_config.doctor import commands
from arka_config.doctor.problem import ERROR, NOTE, WARNING, Fix, Problem
from arka_config.errors import ConfigError, InvalidToken, InvalidUrl, OriginConflict
from arka_config.precedence.layers import token_from
from arka_config.precedence.origin import Origin
from arka_config.precedence.values import ENV
from arka_config.store.folders import Folders
from arka_config.text import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from arka_config.doctor.machine import Machine

_XDG = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")


def active(machine: Machine) -> Iterator[Problem]:
    """An active profile that is gone."""
    selection = machine.store.selection
    try:
        name, _ = selection.active()
    except ConfigError:  # `state` says so
        return
    if name is None or name in machine.names:
        return
    near = did_you_mean(name, machine.names)
    other = machine.names[0] if machine.names else None
    yield Problem(
        ERROR,
        selection.active_path,
        f"the active profile is '{name}', and there is none of that name" + (f"; {near}" if near else ""),
        commands.line(machine.program, *(("use", other) if other else ("login", "--profile", name))),
    )


def pins(machine: Machine) -> Iterator[Problem]:
    """Directories that are gone, or pinned to a profile that is."""
    selection = machine.store.selection
    try:
        pinned = selection.pins()
    except ConfigError:  # `state` says so
        return
    for directory, name in pinned.items():
        if not os.path.isdir(directory):
            yield Problem(
                WARNING,
                directory,
                f"this directory is pinned to profile '{name}', and is gone",
                commands.line(machine.program, "doctor", "--fix"),
                fix=Fix(f"took away the pin of {directory}", _unpinning(machine, directory)),
            )
        elif name not in machine.names:
            near = did_you_mean(name, machine.names)
            yield Problem(
                ERROR,
                directory,
                f"this directory is pinned to profile '{name}', and there is none of that name"
                + (f"; {near}" if near else ""),
                f"(cd {commands.quoted(directory)} && {machine.program} use --unpin)",
            )


def _unpinning(machine: Machine, directory: str) -> Callable[[], object]:
    def run() -> None:
        if not os.path.isdir(directory):
            machine.store.unpin(directory)

    return run


def variables(machine: Machine) -> Iterator[Problem]:
    """Variables that name nothing, hide a profile's token, or lead its token elsewhere; and those that nobody reads."""
    yield from _chosen(machine)
    yield from _token(machine)
    yield from _url(machine)
    yield from _folders(machine)
    yield from _unread(machine)


def _unset(severity: str, variable: str, message: str, advice: str = "") -> Problem:
    return Problem(severity, variable, message, commands.line("unset", variable), advice)


def _chosen(machine: Machine) -> Iterator[Problem]:
    variable = machine.app.profile_field.variable
    name = machine.store.environ.get(variable)
    if name and name not in machine.names:
        try:
            machine.store.check_exists(name, variable)
        except ConfigError as error:
            yield _unset(ERROR, variable, error.message, f"or name one that is there: {error.hint}")


def _token(machine: Machine) -> Iterator[Problem]:
    """A token that cannot be one, or that is used in place of a profile's."""
    app, variable = machine.app, machine.app.token_field.variable
    try:
        token = token_from(machine.store.environ.get(variable, ""), variable)
        if token is not None:
            app.check_token(token)
    except InvalidToken as error:
        yield _unset(ERROR, variable, error.message.removeprefix("Invalid token: "), error.hint)
        return
    except ConfigError as error:
        yield _unset(ERROR, variable, error.message)
        return
    try:
        found = machine.resolution.token_in_force() if token is not None else None
        name = machine.resolution.name if found is not None and found.token.layer == ENV else None
        is_hidden = name is not None and machine.resolution.profile.has_token
    except ConfigError:  # said where the profile, or its URL, is looked at
        return
    if is_hidden:
        message = f"the token in it is used, and that of profile '{name}' is not"
        yield _unset(WARNING, variable, message, f"or name the profile: --profile {name}")


def _url(machine: Machine) -> Iterator[Problem]:
    """A URL that no token may go to, or another one than the token in force is for."""
    variable = machine.app.url_field.variable
    text = machine.store.environ.get(variable)
    if not text:
        return
    try:
        Origin.of(text, variable)
        machine.resolution.token_in_force()
    except (InvalidUrl, OriginConflict) as error:
        if variable in error.message:
            yield _unset(ERROR, variable, error.message.removeprefix(f"{variable}: "))
    except ConfigError:  # said where the profile is looked at
        return


def _folders(machine: Machine) -> Iterator[Problem]:
    """Folders that depend on where a command is run, or that hide others with profiles in them."""
    app, environ = machine.app, machine.store.environ
    home = app.variable("HOME")
    for variable in (home, *_XDG):
        value = environ.get(variable, "")
        if value and not os.path.isabs(value):
            becomes = "means another folder in each directory" if variable == home else "is passed over"
            advice = f"or make it a full path: export {variable}={commands.quoted(os.path.abspath(value))}"
            yield _unset(WARNING, variable, f"it is no full path, and {becomes}", advice)
    if environ.get(home):
        hidden = _elsewhere(machine, {name: value for name, value in environ.items() if name != home})
        if hidden:
            yield _unset(WARNING, home, f"it hides {hidden}")
    elif any(environ.get(variable) for variable in _XDG):
        hidden = _elsewhere(machine, {name: value for name, value in environ.items() if name not in _XDG})
        if hidden:
            which = next(variable for variable in _XDG if environ.get(variable))
            yield _unset(WARNING, which, f"it hides {hidden}")


def _elsewhere(machine: Machine, environ: Mapping[str, str]) -> str:
    """The profiles of the folders that another environment gives and this one does not, in words; else nothing."""
    try:
        ours, theirs = machine.store.folders, Folders.of(machine.app, environ)
    except ConfigError:
        return ""
    hidden = []
    for own, other, what, ending in (
        (ours.config, theirs.config, "profiles", ".toml"),
        (ours.data, theirs.data, "tokens", ".json"),
    ):
        try:
            names = os.listdir(os.path.join(other, what))
        except OSError:
            continue
        if os.path.realpath(own) != os.path.realpath(other) and any(name.endswith(ending) for name in names):
            hidden.append(f"the {what} in {other}")
    return " and ".join(hidden)


def _unread(machine: Machine) -> Iterator[Problem]:
    """Variables with the app's prefix that no setting has."""
    if machine.app.settings is None:
        return
    from arka_config.settings.unused_variables import unused_variables

    references = {profile.reference[1] for profile in machine.profiles.values() if profile.reference is not None}
    for variable, unused in unused_variables(machine.app, machine.store.environ, references).items():
        if machine.store.environ[variable].strip():
            severity = WARNING if unused.suggestion else NOTE  # a template may use it
            yield _unset(severity, variable, f"it has no effect: {unused.reason}")
