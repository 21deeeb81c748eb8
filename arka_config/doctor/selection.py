"""Checks of group Selection: the active profile, the pins, and the environment variables."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from arka_config.doctor.problem import ERROR, NOTE, WARNING, Fix, Problem, shell_command, shell_quote
from arka_config.errors import ConfigError, InvalidToken, InvalidUrl, MalformedFile, OriginConflict
from arka_config.precedence.layers import token_from
from arka_config.precedence.origin import Origin
from arka_config.precedence.values import ENV, flatten, resolve
from arka_config.store.folders import Folders
from arka_config.text import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from arka_config.doctor.machine import Machine
    from arka_config.store.resolution import Resolution

_XDG = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")


def active(machine: Machine) -> Iterator[Problem]:
    """An active profile that does not exist."""
    name = machine.active_profile
    if name is not None and name not in machine.profile_names:
        message = f"the active profile is '{name}', {_does_not_exist(machine, name)}"
        words = ["use", machine.profile_names[0]] if machine.profile_names else ["login", "--profile", name]
        yield Problem(ERROR, machine.store.selection.active_path, message, machine.command(*words))


def _does_not_exist(machine: Machine, name: str) -> str:
    near = did_you_mean(name, machine.profile_names)
    return f"which does not exist; {near}" if near else "which does not exist"


def pins(machine: Machine) -> Iterator[Problem]:
    """Pinned directories, or profiles that they are pinned to, that do not exist."""
    try:
        pinned = machine.store.selection.read_pins()
    except ConfigError:  # reported by `state`
        return
    for directory, name in pinned.items():
        if not os.path.isdir(directory):
            message = f"this directory is pinned to profile '{name}', but no longer exists"
            fix = Fix(f"removed the pin of {directory}", partial(_unpin, machine, directory))
            yield Problem(WARNING, directory, message, machine.command("doctor", "--fix"), fix=fix)
        elif name not in machine.profile_names:
            message = f"this directory is pinned to profile '{name}', {_does_not_exist(machine, name)}"
            command = f"(cd {shell_quote(directory)} && {machine.program} use --unpin)"
            yield Problem(ERROR, directory, message, command)


def _unpin(machine: Machine, directory: str) -> None:
    if not os.path.isdir(directory):
        machine.store.unpin(directory)


def variables(machine: Machine) -> Iterator[Problem]:
    """Variables with an invalid value, that hide or contradict a profile, or that have no effect."""
    yield from _profile_variable(machine)
    yield from _token_variable(machine)
    yield from _url_variable(machine)
    yield from _folder_variables(machine)
    yield from _unused_variables(machine)


def _unset(severity: str, variable: str, message: str, advice: str = "") -> Problem:
    return Problem(severity, variable, message, shell_command("unset", variable), advice)


def _profile_variable(machine: Machine) -> Iterator[Problem]:
    variable = machine.app.profile_field.variable
    name = machine.store.environ.get(variable)
    if name and name not in machine.profile_names:
        try:
            machine.store.check_exists(name, variable)
        except ConfigError as error:
            yield _unset(ERROR, variable, error.message, f"or name an existing one: {error.hint}")


def _token_variable(machine: Machine) -> Iterator[Problem]:
    """A token that is not valid, or that is used instead of a profile's."""
    app, variable = machine.app, machine.app.token_field.variable
    try:
        token = token_from(machine.store.environ.get(variable, ""), variable)
        if token is not None:
            app.check_token(token)
    except InvalidToken as error:
        yield _unset(ERROR, variable, error.reason, error.hint)
        return
    except ConfigError as error:
        yield _unset(ERROR, variable, error.message)
        return
    if token is None:
        return
    resolution = machine.resolution
    try:
        name = resolution.name if _effective_layer(resolution) == ENV else None
        hides_token = name is not None and resolution.profile.has_token
    except ConfigError:  # reported for the profile or the URL
        return
    if hides_token:
        message = f"its token is used instead of the token of profile '{name}'"
        yield _unset(WARNING, variable, message, f"or name the profile: --profile {name}")


def _effective_layer(resolution: Resolution) -> str | None:
    """The layer of the effective token; None without one."""
    try:
        effective = resolution.effective_token()
        found = None if effective is None else effective.token
    except MalformedFile:  # config.toml, for the URL
        found = resolve(resolution.app.token_field, flatten(resolution.ranks))
    return None if found is None else found.layer


def _url_variable(machine: Machine) -> Iterator[Problem]:
    """A URL that is not valid, or has another origin than the effective token."""
    variable = machine.app.url_field.variable
    text = machine.store.environ.get(variable)
    if not text:
        return
    try:
        Origin.of(text)
    except InvalidUrl as error:
        yield _unset(ERROR, variable, error.message)
        return
    try:
        machine.resolution.effective_token()
    except OriginConflict as error:
        if error.url_source == variable:
            yield _unset(ERROR, variable, error.message)
    except ConfigError:  # reported for the profile
        return


def _folder_variables(machine: Machine) -> Iterator[Problem]:
    """Folder variables that are ignored, or that hide others with profiles in them."""
    app, environ = machine.app, machine.store.environ
    home = app.variable("HOME")
    for variable in _XDG:
        value = environ.get(variable, "")
        if value and not os.path.isabs(value):
            advice = f"or make it absolute: export {variable}={shell_quote(os.path.abspath(value))}"
            yield _unset(WARNING, variable, "it is not an absolute path, so it is ignored", advice)
    effective = [home] if environ.get(home) else [variable for variable in _XDG if environ.get(variable)]
    if effective:
        others = {name: value for name, value in environ.items() if name not in effective}
        if hidden := _describe_hidden(machine, others):
            yield _unset(WARNING, effective[0], f"it hides {hidden}")


def _describe_hidden(machine: Machine, environ: Mapping[str, str]) -> str:
    """Name the profiles and tokens in the folders of another environment that are not in the effective ones."""
    try:
        ours, theirs = machine.store.folders, Folders.of(machine.app, environ)
    except ConfigError:
        return ""
    hidden = []
    for own, other, what, suffix in (
        (ours.config, theirs.config, "profiles", ".toml"),
        (ours.data, theirs.data, "tokens", ".json"),
    ):
        try:
            names = os.listdir(os.path.join(other, what))
        except OSError:
            continue
        if os.path.realpath(own) != os.path.realpath(other) and any(name.endswith(suffix) for name in names):
            hidden.append(f"the {what} in {other}")
    return " and ".join(hidden)


def _unused_variables(machine: Machine) -> Iterator[Problem]:
    """Variables with the app's prefix that have no effect, or an old name."""
    if machine.app.settings is None:
        return
    for leaf in machine.app.settings_class().leaves().values():
        for old in leaf.field.old:
            if machine.store.environ.get(old.variable):
                yield _unset(WARNING, old.variable, f"it is an old name: it is {leaf.field.variable} now")
    from arka_config.settings.unused import unused_variables

    references = {profile.reference[1] for profile in machine.profiles.values() if profile.reference is not None}
    for variable, unused in unused_variables(machine.app, machine.store.environ, references).items():
        if machine.store.environ[variable].strip():
            severity = WARNING if unused.suggestion else NOTE  # a template may use it
            yield _unset(severity, variable, f"it has no effect: {unused.reason}")
