"""Settings for a function, loaded when it is called: in a click command, in a Typer command, or anywhere else.

Neither click nor pydantic is imported here: a function that is called from a program without either needs no more
than its settings class does.
"""

from __future__ import annotations

import functools
import inspect
import sys
from typing import TYPE_CHECKING, Any

from arka_config.cli.runtime import session as sessions

if TYPE_CHECKING:
    from collections.abc import Callable

    from arka_config.app import App
    from arka_config.settings import ProfileSettings


def pass_settings(app: App, settings: type[ProfileSettings] | None, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function without its first parameter, which gets the settings in force."""

    def called(*args: Any, **kwargs: Any) -> Any:
        kind = settings or app.settings_class()
        context = _click_context()
        if context is None:
            return function(kind.load(), *args, **kwargs)
        from arka_config.cli.runtime.boundary import boundary

        with boundary(app):
            return function(sessions.of(context, app).load(kind), *args, **kwargs)

    made: Any = functools.wraps(function)(called)
    signature = inspect.signature(function)
    first, *others = signature.parameters.values()
    made.__signature__ = signature.replace(parameters=others)
    made.__annotations__ = {name: value for name, value in function.__annotations__.items() if name != first.name}
    if "typer" in sys.modules:
        from arka_config.cli.embed.typer import with_settings

        return with_settings(app, settings, function, made)
    return made  # type: ignore[no-any-return]  # `Any` for what is set on it


def _click_context() -> Any:
    """The context of the click command that runs, if one does."""
    click = sys.modules.get("click")
    return click.get_current_context(silent=True) if click is not None else None
