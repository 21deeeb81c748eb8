"""Typer integration. Typer 0.26+ vendors click, so only its documented API is used.

An app's command becomes a Typer command that forwards its arguments to the app's own click program. An option becomes a
parameter of the function that Typer sees, and is removed before the author's function is called.
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

from arka_config.cli.output import terminal
from arka_config.cli.reference.topics import TOPICS
from arka_config.cli.runtime import command_tree
from arka_config.cli.runtime import session as sessions
from arka_config.cli.runtime.reporting import report_error, run_reporting_errors
from arka_config.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from arka_config.app_identity import AppIdentity
    from arka_config.cli.runtime.command import OptionSpec
    from arka_config.settings import ProfileSettings

_HELP = ("-h", "--help")
_CONTEXT = "given_context"
_FORWARD_EVERYTHING = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def _typer() -> Any:
    return sys.modules["typer"]


@contextmanager
def _typer_errors(app: AppIdentity) -> Iterator[None]:
    """Run a block with the app's output, and end the run at a ConfigError as a command does. Raises typer.Exit."""
    code = None
    with terminal.AppOutput(app):
        try:
            yield
        except ConfigError as error:
            code = report_error(error)
    if code is not None:
        raise _typer().Exit(code)


# Commands


def add(app: AppIdentity, cli: Any, only: Collection[str] | None) -> None:
    """Add the app's commands to a Typer."""
    names = command_tree.typer_commands(app, only)
    for command in command_tree.commands(app, names - command_tree.typer_names(cli)):  # the author's own commands stay
        decorator = cli.command(
            command.name,
            help=command.get_short_help_str(),
            rich_help_panel=command.section,
            add_help_option=False,
            context_settings=_FORWARD_EVERYTHING,
        )
        decorator(_forward(app, str(command.name), cli, names))


def _forward(app: AppIdentity, name: str, cli: Any, names: Collection[str]) -> Callable[..., None]:
    def forward(context: Any) -> None:
        if name == "help" and set(context.args[:1]).isdisjoint({*TOPICS, *names, *_HELP}):
            cli(args=[*context.args, "--help"], prog_name=context.parent.command_path)  # exits
        group = command_tree.program(app, names if name == "help" else [name])
        group.session = sessions.current(context, app)
        words = [name, *context.args]
        run = functools.partial(command_tree.run_click, app, group, words, context.parent.command_path)
        raise _typer().Exit(run_reporting_errors(app, run))

    forward.__annotations__ = {"context": _typer().Context, "return": None}
    forward.app = app  # type: ignore[attr-defined]  # `command_tree.run` compares it
    return forward


# Options and settings


def with_options(app: AppIdentity, specs: Iterable[OptionSpec], function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with options that Typer sees."""
    options = list(specs)
    parameters = [
        inspect.Parameter(option.key, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_annotation(app, option))
        for option in options
    ]

    def call(context: Any, /, *args: Any, **kwargs: Any) -> Any:
        values = {option: kwargs.pop(option.key, None) for option in options}
        if context is not None:
            with _typer_errors(app):
                for option, value in values.items():
                    if value is not None and value != []:
                        option.store(sessions.current(context, app), _click_value(value))
        return function(*args, **kwargs)

    return _wrapper(function, call, added=parameters)


def with_settings(
    app: AppIdentity, settings: type[ProfileSettings] | None, function: Callable[..., Any], plain: Callable[..., Any]
) -> Callable[..., Any]:
    """Return the function without its first parameter for Typer. `plain` is called if the caller is not Typer."""

    def call(context: Any, /, *args: Any, **kwargs: Any) -> Any:
        if context is None:
            return plain(*args, **kwargs)
        with _typer_errors(app):
            loaded = sessions.current(context, app).load(settings or app.settings_class())
            return function(loaded, *args, **kwargs)

    return _wrapper(plain, call)


def _click_value(value: object) -> object:
    """Convert a value from Typer to what click passes."""
    return tuple(value) if isinstance(value, list) else value.value if isinstance(value, Enum) else value


def _annotation(app: AppIdentity, option: OptionSpec) -> Any:
    kind: Any = bool if option.is_flag else str
    if option.choices:  # an Enum, because older Typers do not know Literal
        functional: Any = Enum
        kind = functional("Choice", [(choice, choice) for choice in option.choices])
    if option.is_repeated:
        kind = list[kind]
    more = {"autocompletion": _profile_completer(app)} if option.is_profile else {}
    declared = _typer().Option(*option.names, help=option.help, metavar=option.metavar, show_default=False, **more)
    return Annotated[kind | None, declared]


def _profile_completer(app: AppIdentity) -> Callable[..., list[str]]:
    def complete(context: Any, incomplete: str) -> list[str]:
        return sessions.current(context, app).names_starting_with(incomplete)

    complete.__annotations__ = {"context": _typer().Context, "incomplete": str, "return": list[str]}
    return complete


def _wrapper(
    function: Callable[..., Any], call: Callable[..., Any], added: Sequence[inspect.Parameter] = ()
) -> Callable[..., Any]:
    """Return a function with the signature of this one plus `added`, which passes Typer's context to `call` first, or
    None if the caller is not Typer."""
    typer = _typer()
    signature = inspect.signature(function)
    hints = _type_hints(function)
    own = next(
        (name for name, kind in hints.items() if isinstance(kind, type) and issubclass(kind, typer.Context)), None
    )

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return call(kwargs.pop(_CONTEXT, None) if own is None else kwargs.get(own), *args, **kwargs)

    context = inspect.Parameter(_CONTEXT, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=typer.Context)
    more = [*added, *([context] if own is None else [])]
    parameters = [
        parameter.replace(annotation=hints.get(parameter.name, parameter.annotation))
        for parameter in signature.parameters.values()
    ]
    wrapper.__signature__ = signature.replace(parameters=[*parameters, *more])  # type: ignore[attr-defined]  # inspect reads it
    wrapper.__annotations__ = {**hints, **{parameter.name: parameter.annotation for parameter in more}}
    return wrapper


def _type_hints(function: Callable[..., Any]) -> dict[str, Any]:
    """The annotations of a function's parameters as objects. A settings parameter that was removed is not resolved."""
    parameters = inspect.signature(function).parameters
    namespace = types.SimpleNamespace(
        __annotations__={name: kind for name, kind in function.__annotations__.items() if name in parameters}
    )
    module: dict[str, Any] = getattr(inspect.unwrap(function), "__globals__", {})
    return get_type_hints(namespace, globalns=module, include_extras=True)
