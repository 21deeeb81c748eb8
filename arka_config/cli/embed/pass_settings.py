"""Pass settings to a function, loaded when it is called: in a click, Typer or argparse command, or anywhere else.

Neither click nor pydantic is imported here, because a function may be called from a program without click.
"""

from __future__ import annotations

import functools
import inspect
import sys
from typing import TYPE_CHECKING, Any

from arka_config.cli.runtime.asynchronous import finish, is_in_loop
from arka_config.cli.runtime.click_context import current_session

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from arka_config.app_identity import AppIdentity
    from arka_config.settings import ProfileSettings


def pass_settings(
    app: AppIdentity,
    settings: type[ProfileSettings] | None,
    options: bool | Collection[str],
    function: Callable[..., Any],
) -> Callable[..., Any]:
    """Return the function without its first parameter, which gets the effective settings.

    The function of a click or Typer command gets the app's options too, and those of the settings that `options` names.
    """

    def call(*args: Any, **kwargs: Any) -> Any:
        kind = settings or app.settings_class()
        context = _click_context()
        if context is not None:
            from arka_config.cli.runtime.command import print_json_errors, raise_click_errors

            session = current_session(context, app)
            with raise_click_errors(app), print_json_errors(session):
                return finish(function(session.load(kind), *args, **kwargs))
        if (namespace := _namespace(args)) is not None:
            from arka_config.cli.embed.argparse import load_settings

            result = function(load_settings(app, namespace, kind), *args, **kwargs)
            return result if is_in_loop() else finish(result)  # the caller awaits a coroutine
        return function(kind.load(), *args, **kwargs)

    wrapper: Any = functools.wraps(function)(call)
    signature = inspect.signature(function)
    first, *others = signature.parameters.values()
    wrapper.__signature__ = signature.replace(parameters=others)
    wrapper.__annotations__ = {name: value for name, value in function.__annotations__.items() if name != first.name}
    if "typer" in sys.modules:
        from arka_config.cli.embed.typer import with_settings

        wrapper = with_settings(app, settings, function, wrapper)
    return _with_options(app, settings, options, wrapper)


def _with_options(
    app: AppIdentity, settings: type[ProfileSettings] | None, options: bool | Collection[str], wrapper: Any
) -> Callable[..., Any]:
    """Add the app's options, unless neither click nor Typer is loaded: then the function is not a command."""
    if "click" in sys.modules or "typer" in sys.modules:
        from arka_config.cli.embed import toolkit

        if options is not False:
            only = None if options is True else options
            wrapper = toolkit.settings_options(app, settings, only)(wrapper)
        wrapper = toolkit.profile_option(app, wrapper)
    return wrapper  # type: ignore[no-any-return]  # Any, because attributes are set on it


def _click_context() -> Any:
    """The context of the click command that is running, if there is one."""
    click = sys.modules.get("click")
    return click.get_current_context(silent=True) if click is not None else None


def _namespace(arguments: tuple[Any, ...]) -> Any:
    """The Namespace of an argparse program among the arguments, if there is one."""
    argparse = sys.modules.get("argparse")
    found = (each for each in arguments if argparse is not None and isinstance(each, argparse.Namespace))
    return next(found, None)
