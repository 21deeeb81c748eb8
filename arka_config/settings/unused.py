"""What is set but has no effect: environment variables with the app's prefix, and keys of a profile's settings."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from arka_config.errors import ConfigWarning
from arka_config.settings.renaming import leaves_by_old_name, retired_keys
from arka_config.store.old_names import fix_command
from arka_config.text import did_you_mean, nearest, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from arka_config.app_identity import AppIdentity
    from arka_config.settings.fields import Leaf
    from arka_config.store.profiles import Profile


class UnusedVariable(NamedTuple):
    """Why a variable has no effect. `suggestion` is the variable that was probably meant, or empty."""

    reason: str
    suggestion: str = ""


def unused_variables(
    app: AppIdentity, environ: Mapping[str, str], references: Iterable[str] = ()
) -> dict[str, UnusedVariable]:
    """Return the variables that are set but have no effect; `references` are variables that profiles refer to."""
    known = {*app.settings_variables(), *app.own_variables, *references}
    leaves: Iterable[Leaf] = () if app.settings is None else app.settings_class().leaves().values()
    for leaf in leaves:
        known |= leaf.field.variables_in(environ)
    unused = {}
    names = {} if app.settings is None else app.settings_class().retired
    retired = {app.field(tuple(name.split("."))).variable: reason for name, reason in names.items()}
    for variable, value in sorted(environ.items()):
        if not variable.startswith(app.prefix):
            continue
        if variable in retired:
            unused[variable] = UnusedVariable(f"retired: {retired[variable]}")
        elif variable not in known:
            unused[variable] = _explain(app, variable, known)
        elif not value.strip():
            unused[variable] = UnusedVariable("empty, which counts as not set")
    return unused


def _explain(app: AppIdentity, variable: str, known: Iterable[str]) -> UnusedVariable:
    if variable == app.variable("TOKEN"):
        meant = app.token_field.variable
        return UnusedVariable(f"the token's variable is {meant}", meant)
    # Compare without the prefix: it would make any two names similar.
    near = nearest(variable.removeprefix(app.prefix), [name.removeprefix(app.prefix) for name in known])
    if not near:
        return UnusedVariable("no setting has this variable")
    meant = app.variable(near[0])
    return UnusedVariable(f"did you mean {meant}?", meant)


def unknown_keys(
    app: AppIdentity, profile: Profile | None, leaves: Mapping[str, Leaf], retired: Mapping[str, str]
) -> list[str]:
    """Return a sentence for each setting of the profile that the settings class lacks, with the nearest name.

    A `retired` one is a ConfigWarning instead.
    """
    if profile is None:
        return []
    settings = [name for name, leaf in leaves.items() if leaf.field.key.startswith("settings.")]
    for name, reason in retired_keys(profile.settings, retired):
        message = f"{profile.path}: settings.{name} has no effect any more: {reason}"
        warnings.warn(ConfigWarning(message, hint=fix_command(app, profile.path)), stacklevel=2)
    sentences = []
    for name in _unknown(profile.settings, [*settings, *leaves_by_old_name(leaves), *retired], ""):
        within = name[: name.rfind(".") + 1]  # the names of its parents match: compare within the same table
        siblings = [other.removeprefix(within) for other in settings if other.startswith(within)]
        near = did_you_mean(name.removeprefix(within), siblings)
        shown = visible(name)
        sentence = f"{shown}: unknown setting (profile: {profile.path}: settings.{shown})"
        sentences.append(f"{sentence}; {near}" if near else sentence)
    return sentences


def _unknown(table: Mapping[str, Any], known: list[str], within: str) -> Iterator[str]:
    for key, value in table.items():
        name = f"{within}{key}"
        if name in known:
            continue
        if isinstance(value, dict) and any(leaf.startswith(f"{name}.") for leaf in known):
            yield from _unknown(value, known, f"{name}.")
        else:
            yield name
