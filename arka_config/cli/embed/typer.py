"""The toolkit for Typer, which since 0.26 has a click inside that is nobody else's: what it documents is used here, and
no more, so that it works with older ones as well.

An app's command is added as a Typer command that hands its words on to the app's own click program. An option is a
parameter of the function that Typer sees, and is taken out before the author's function is called.
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
from arka_config.cli.runtime import command_tree, ending
from arka_config.cli.runtime import session as sessions
from arka_config.cli.runtime.run import ended
from arka_config.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from arka_config.app import App
    from arka_config.cli.runtime.options import Offered
    from arka_config.settings import ProfileSettings

_CONTEXT = "given_context"
_WORDS_AS_THEY_ARE = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def _typer() -> Any:
    return sys.modules["typer"]


@contextmanager
def boundary(app: App) -> Iterator[None]:
    """Has an app speak, and an error end the run as it does in a command. Raises typer.Exit."""
    code = None
    with terminal.AppOutput(app):
        try:
            yield
        except ConfigError as error:
            code = ending.failed(error)
    if code is not None:
        raise _typer().Exit(code)


# Commands


def names(app: App, only: Collection[str] | None) -> set[str]:
    """The commands that a Typer is given: all, where nobody says, but for `completion`. Typer has one of its own."""
    return {str(command.name) for command in command_tree.commands(app, only) if only or command.name != "completion"}


def add(app: App, cli: Any, only: Collection[str] | None) -> None:
    """Adds the app's commands to a Typer."""
    for command in command_tree.commands(app, names(app, only)):
        added = cli.command(
            command.name,
            help=command.get_short_help_str(),
            rich_help_panel=command.section,
            add_help_option=False,
            context_settings=_WORDS_AS_THEY_ARE,
        )
        added(_forward(app, str(command.name)))


def _forward(app: App, name: str) -> Callable[..., None]:
    def forward(context: Any) -> None:
        group = command_tree.program(app, [name])
        group.session = sessions.of(context, app)
        words = [name, *context.args]
        raise _typer().Exit(ended(app, lambda: command_tree.by_click(app, group, words, context.parent.command_path)))

    forward.__annotations__ = {"context": _typer().Context, "return": None}
    forward.app = app  # type: ignore[attr-defined]  # whose it is, for `check`
    return forward


def answer(app: App, cli: Any, arguments: Sequence[str], only: Collection[str] | None) -> int:
    """Has Typer run a command line; the exit code. Raises ConfigError where `only` is not what it was given."""
    ours = [info.name for info in cli.registered_commands if getattr(info.callback, "app", None) is app]
    command_tree.check_same(app, names(app, only), set(ours))
    try:
        cli(args=list(arguments), prog_name=app.name)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    return 0


# Options and settings


def with_options(app: App, offered: Iterable[Offered], function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with options that Typer sees."""
    typer = _typer()
    options = list(offered)
    parameters = [
        inspect.Parameter(option.key, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_annotation(app, option))
        for option in options
    ]

    def called(context: Any, /, *args: Any, **kwargs: Any) -> Any:
        given = {option: kwargs.pop(option.key, None) for option in options}
        if context is not None:
            with boundary(app):
                for option, value in given.items():
                    if value is not None and value != []:
                        option.take(sessions.of(context, app), _as_click_gives_it(value))
        return function(*args, **kwargs)

    return _shaped(typer, function, called, added=parameters)


def with_settings(
    app: App, settings: type[ProfileSettings] | None, function: Callable[..., Any], plain: Callable[..., Any]
) -> Callable[..., Any]:
    """The function without its first parameter, as Typer sees it; `plain` is what it is to everybody else."""

    def called(context: Any, /, *args: Any, **kwargs: Any) -> Any:
        if context is None:
            return plain(*args, **kwargs)
        with boundary(app):
            loaded = sessions.of(context, app).load(settings or app.settings_class())
            return function(loaded, *args, **kwargs)

    return _shaped(_typer(), plain, called)


def _as_click_gives_it(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value.value if isinstance(value, Enum) else value


def _annotation(app: App, option: Offered) -> Any:
    kind: Any = bool if option.is_flag else str
    if option.choices:  # as an Enum, which every Typer knows; a Literal is for newer ones
        kind = _enum([(choice, choice) for choice in option.choices])
    if option.is_repeated:
        kind = list[kind]
    more = {"autocompletion": _complete_names(app)} if option.is_profile else {}
    declared = _typer().Option(*option.names, help=option.help, metavar=option.metavar, show_default=False, **more)
    return Annotated[kind | None, declared]


def _enum(members: list[tuple[str, str]]) -> Any:
    made: Any = Enum
    return made("Choice", members)


def _complete_names(app: App) -> Callable[..., list[str]]:
    def complete(context: Any, incomplete: str) -> list[str]:
        return sessions.of(context, app).names_starting_with(incomplete)

    complete.__annotations__ = {"context": _typer().Context, "incomplete": str, "return": list[str]}
    return complete


def _shaped(
    typer: Any, function: Callable[..., Any], called: Callable[..., Any], added: Sequence[inspect.Parameter] = ()
) -> Callable[..., Any]:
    """A function that looks to Typer like this one with more parameters, and calls `called` with Typer's context first:
    with None, where it is not Typer who calls."""
    signature = inspect.signature(function)
    known = _annotations(function)
    own = next(
        (name for name, kind in known.items() if isinstance(kind, type) and issubclass(kind, typer.Context)), None
    )

    @functools.wraps(function)
    def shaped(*args: Any, **kwargs: Any) -> Any:
        return called(kwargs.pop(_CONTEXT, None) if own is None else kwargs.get(own), *args, **kwargs)

    context = inspect.Parameter(_CONTEXT, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=typer.Context)
    more = [*added, *([context] if own is None else [])]
    parameters = [
        parameter.replace(annotation=known.get(parameter.name, parameter.annotation))
        for parameter in signature.parameters.values()
    ]
    shaped.__signature__ = signature.replace(parameters=[*parameters, *more])  # type: ignore[attr-defined]  # inspect reads it
    shaped.__annotations__ = {**known, **{parameter.name: parameter.annotation for parameter in more}}
    return shaped


def _annotations(function: Callable[..., Any]) -> dict[str, Any]:
    """The annotations of a function as objects; that of a settings parameter, which may not be there, is not asked."""
    seen = inspect.signature(function).parameters
    named = types.SimpleNamespace(
        __annotations__={name: kind for name, kind in function.__annotations__.items() if name in seen}
    )
    names_there: dict[str, Any] = getattr(inspect.unwrap(function), "__globals__", {})
    return get_type_hints(named, globalns=names_there, include_extras=True)
