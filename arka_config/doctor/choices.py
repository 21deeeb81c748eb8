"""What chooses a profile and a token here: the active profile, the pins, and the variables."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from arka_config.doctor import commands
from arka_config.doctor.ailment import ERROR, NOTE, WARNING, Ailment, Fix
from arka_config.errors import ConfigError, InvalidToken, InvalidUrl, OriginConflict
from arka_config.precedence.finding import ENV
from arka_config.precedence.layers import token_from
from arka_config.precedence.origin import Origin
from arka_config.store.folders import Folders
from arka_config.text import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from arka_config.doctor.patient import Patient

_XDG = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")


def active(patient: Patient) -> Iterator[Ailment]:
    """An active profile that is gone."""
    selection = patient.store.selection
    try:
        name, _ = selection.active()
    except ConfigError:  # `state` says so
        return
    if name is None or name in patient.names:
        return
    near = did_you_mean(name, patient.names)
    other = patient.names[0] if patient.names else None
    yield Ailment(
        ERROR,
        selection.active_path,
        f"the active profile is '{name}', and there is none of that name" + (f"; {near}" if near else ""),
        commands.line(patient.program, *(("use", other) if other else ("login", "--profile", name))),
    )


def pins(patient: Patient) -> Iterator[Ailment]:
    """Directories that are gone, or pinned to a profile that is."""
    selection = patient.store.selection
    try:
        pinned = selection.pins()
    except ConfigError:  # `state` says so
        return
    for directory, name in pinned.items():
        if not os.path.isdir(directory):
            yield Ailment(
                WARNING,
                directory,
                f"this directory is pinned to profile '{name}', and is gone",
                commands.line(patient.program, "doctor", "--fix"),
                fix=Fix(f"took away the pin of {directory}", _unpinning(patient, directory)),
            )
        elif name not in patient.names:
            near = did_you_mean(name, patient.names)
            yield Ailment(
                ERROR,
                directory,
                f"this directory is pinned to profile '{name}', and there is none of that name"
                + (f"; {near}" if near else ""),
                f"(cd {commands.quoted(directory)} && {patient.program} use --unpin)",
            )


def _unpinning(patient: Patient, directory: str) -> Callable[[], object]:
    def run() -> None:
        if not os.path.isdir(directory):
            patient.store.unpin(directory)

    return run


def variables(patient: Patient) -> Iterator[Ailment]:
    """Variables that name nothing, hide a profile's token, or lead its token elsewhere; and those that nobody reads."""
    yield from _chosen(patient)
    yield from _token(patient)
    yield from _url(patient)
    yield from _folders(patient)
    yield from _unread(patient)


def _unset(severity: str, variable: str, message: str, advice: str = "") -> Ailment:
    return Ailment(severity, variable, message, commands.line("unset", variable), advice)


def _chosen(patient: Patient) -> Iterator[Ailment]:
    variable = patient.app.profile_field.variable
    name = patient.store.environ.get(variable)
    if name and name not in patient.names:
        try:
            patient.store.check_exists(name, variable)
        except ConfigError as error:
            yield _unset(ERROR, variable, error.message, f"or name one that is there: {error.hint}")


def _token(patient: Patient) -> Iterator[Ailment]:
    """A token that cannot be one, or that is used in place of a profile's."""
    app, variable = patient.app, patient.app.token_field.variable
    try:
        token = token_from(patient.store.environ.get(variable, ""), variable)
        if token is not None:
            app.check_token(token)
    except InvalidToken as error:
        yield _unset(ERROR, variable, error.message.removeprefix("Invalid token: "), error.hint)
        return
    except ConfigError as error:
        yield _unset(ERROR, variable, error.message)
        return
    try:
        found = patient.resolution.token_in_force() if token is not None else None
        name = patient.resolution.name if found is not None and found.token.layer == ENV else None
        is_hidden = name is not None and patient.resolution.profile.has_token
    except ConfigError:  # said where the profile, or its URL, is looked at
        return
    if is_hidden:
        message = f"the token in it is used, and that of profile '{name}' is not"
        yield _unset(WARNING, variable, message, f"or name the profile: --profile {name}")


def _url(patient: Patient) -> Iterator[Ailment]:
    """A URL that no token may go to, or another one than the token in force is for."""
    variable = patient.app.url_field.variable
    text = patient.store.environ.get(variable)
    if not text:
        return
    try:
        Origin.of(text, variable)
        patient.resolution.token_in_force()
    except (InvalidUrl, OriginConflict) as error:
        if variable in error.message:
            yield _unset(ERROR, variable, error.message.removeprefix(f"{variable}: "))
    except ConfigError:  # said where the profile is looked at
        return


def _folders(patient: Patient) -> Iterator[Ailment]:
    """Folders that depend on where a command is run, or that hide others with profiles in them."""
    app, environ = patient.app, patient.store.environ
    home = app.variable("HOME")
    for variable in (home, *_XDG):
        value = environ.get(variable, "")
        if value and not os.path.isabs(value):
            becomes = "means another folder in each directory" if variable == home else "is passed over"
            advice = f"or make it a full path: export {variable}={commands.quoted(os.path.abspath(value))}"
            yield _unset(WARNING, variable, f"it is no full path, and {becomes}", advice)
    if environ.get(home):
        hidden = _elsewhere(patient, {name: value for name, value in environ.items() if name != home})
        if hidden:
            yield _unset(WARNING, home, f"it hides {hidden}")
    elif any(environ.get(variable) for variable in _XDG):
        hidden = _elsewhere(patient, {name: value for name, value in environ.items() if name not in _XDG})
        if hidden:
            which = next(variable for variable in _XDG if environ.get(variable))
            yield _unset(WARNING, which, f"it hides {hidden}")


def _elsewhere(patient: Patient, environ: Mapping[str, str]) -> str:
    """The profiles of the folders that another environment gives and this one does not, in words; else nothing."""
    try:
        ours, theirs = patient.store.folders, Folders.of(patient.app, environ)
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


def _unread(patient: Patient) -> Iterator[Ailment]:
    """Variables with the app's prefix that no setting has."""
    if patient.app.settings is None:
        return
    from arka_config.settings.unread import unread

    references = {profile.reference[1] for profile in patient.profiles.values() if profile.reference is not None}
    for variable, why in unread(patient.app, patient.store.environ, references).items():
        if patient.store.environ[variable].strip():
            severity = WARNING if "did you mean" in why or "variable is" in why else NOTE  # a template may read it
            yield _unset(severity, variable, f"nobody reads it: {why}")
