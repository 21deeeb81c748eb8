"""Pass settings to a function, loaded when it is called: in a click command, in a Typer command, or anywhere else.

Neither click nor pydantic is imported here, because a function may be called from a program without click.
"""

from __future__ import annotations

import functools
import inspect
import sys
from typing import TYPE_CHECKING, Any

from arka_config.cli.runtime import session as sessions

if TYPE_CHECKING:
    from collections.abc import Callable

    from arka_config.app_identity import AppIdentity
    from arka_config.settings import ProfileSettings


def pass_settings(
    app: AppIdentity, settings: type[ProfileSettings] | None, function: Callable[..., Any]
) -> Callable[..., Any]:
    """Return the function without its first parameter, which gets the effective settings."""

    def call(*args: Any, **kwargs: Any) -> Any:
        kind = settings or app.settings_class()
        context = _click_context()
        if context is None:
            return function(kind.load(), *args, **kwargs)
        from arka_config.cli.runtime.command import click_errors

        with click_errors(app):
            return function(sessions.current(context, app).load(kind), *args, **kwargs)

    wrapper: Any = functools.wraps(function)(call)
    signature = inspect.signature(function)
    first, *others = signature.parameters.values()
    wrapper.__signature__ = signature.replace(parameters=others)
    wrapper.__annotations__ = {name: value for name, value in function.__annotations__.items() if name != first.name}
    if "typer" in sys.modules:
        from arka_config.cli.embed.typer import with_settings

        return with_settings(app, settings, function, wrapper)
    return wrapper  # type: ignore[no-any-return]  # Any, because attributes are set on it


def _click_context() -> Any:
    """The context of the click command that is running, if there is one."""
    click = sys.modules.get("click")
    return click.get_current_context(silent=True) if click is not None else None
