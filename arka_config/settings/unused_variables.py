"""Environment variables that have the app's prefix but no effect, with the reason and the variable probably meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from arka_config.text import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from arka_config.app_identity import AppIdentity

_BUILT_IN = ("HOME", "NO_INPUT", "DEBUG", "PROFILE", "API_URL", "DATABASE_URL")


class UnusedVariable(NamedTuple):
    """Why a variable has no effect. `suggestion` is the variable that was probably meant, or empty."""

    reason: str
    suggestion: str = ""


def unused_variables(
    app: AppIdentity, environ: Mapping[str, str], references: Iterable[str] = ()
) -> dict[str, UnusedVariable]:
    """Return the variables that are set but have no effect; `references` are variables that profiles refer to."""
    settings = [leaf.field.variable for leaf in app.settings_class().leaves().values()]
    known = {*settings, *(app.variable(name) for name in _BUILT_IN), *app.secret_variables, *references}
    unused = {}
    for variable, value in sorted(environ.items()):
        if not variable.startswith(app.prefix):
            continue
        if variable not in known:
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
