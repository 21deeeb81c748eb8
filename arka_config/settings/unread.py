"""The variables that begin as an app's do, and change nothing: each with the reason, and what was meant by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.text import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from arka_config.app import App

_OWN = ("HOME", "NO_INPUT", "DEBUG", "PROFILE", "API_URL", "DATABASE_URL")


def unread_variables(app: App, environ: Mapping[str, str], others: Iterable[str] = ()) -> dict[str, str]:
    """The app's variables that are set and not read; `others` are names that references make known."""
    settings = [leaf.field.variable for leaf in app.settings_class().leaves().values()]
    known = {*settings, *(app.variable(name) for name in _OWN), *app.secret_variables, *others}
    found = {}
    for variable, value in sorted(environ.items()):
        if not variable.startswith(app.prefix):
            continue
        if variable not in known:
            found[variable] = _meant(app, variable, known)
        elif not value.strip():
            found[variable] = "empty, so as good as not set"
    return found


def _meant(app: App, variable: str, known: Iterable[str]) -> str:
    """What was meant by a variable that nobody reads. The prefix that all of them share makes no two alike."""
    if variable == app.variable("TOKEN"):
        return f"the token's variable is {app.token_field.variable}"
    near = nearest(variable.removeprefix(app.prefix), [name.removeprefix(app.prefix) for name in known])
    return f"did you mean {app.variable(near[0])}?" if near else "no setting has this variable"
