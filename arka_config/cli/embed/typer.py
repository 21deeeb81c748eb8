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
from contextvars import ContextVar
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

from arka_config.app_identity import AppIdentity
from arka_config.cli.output import terminal
from arka_config.cli.reference.topics import TOPICS
from arka_config.cli.runtime import command_tree
from arka_config.cli.runtime.asynchronous import finish
from arka_config.cli.runtime.click_context import current_session
from arka_config.cli.runtime.command import AUTHORS, JSON, OptionSpec
from arka_config.cli.runtime.reporting import report_error, run_reporting_errors
from arka_config.errors import ConfigError, UsageError
from arka_config.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from arka_config.cli.runtime.session import Session
    from arka_config.settings import ProfileSettings

_HELP = ("-h", "--help")
_CONTEXT = "given_context"
_ADOPTED = "app whose options its commands have"  # an attribute of a Typer
_running: ContextVar[Any] = ContextVar("context of the Typer command that is running")
_FORWARD_EVERYTHING = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def _typer() -> Any:
    return sys.modules["typer"]


@contextmanager
def _exit_on_error(app: AppIdentity) -> Iterator[None]:
    """Run a block with the app's output, and end the run at a ConfigError as a command does. Raises typer.Exit."""
    code = None
    with terminal.AppOutput(app):
        try:
            yield
        except ConfigError as error:
            code = report_error(error)
    if code is not None:
        raise _typer().Exit(code)


# Its value is not stored: Typer calls back before it looks for the command's name.
VERSION = OptionSpec(("-V", "--version"), "Print the version.", lambda _, __: None, is_flag=True)


# Commands


def add(app: AppIdentity, cli: Any) -> None:
    """Add the app's commands to a Typer, and the app's options to all of its commands, also to later ones."""
    if cli.registered_callback is None:

        def program() -> None:
            pass  # what makes Typer accept options before a command's name

        cli.callback()(program)
    _adopt(app, cli, is_program=True)
    names = command_tree.names_without_completion(app)
    for command in command_tree.commands(app, names - command_tree.typer_names(cli)):  # the author's own commands stay
        decorator = cli.command(
            command.name,
            help=command.get_short_help_str(),
            rich_help_panel=command.section,
            add_help_option=False,
            hidden=command.hidden,
            context_settings=_FORWARD_EVERYTHING,
        )
        decorator(_forward(app, str(command.name), cli, names))


def _adopt(app: AppIdentity, cli: Any, *, is_program: bool = False) -> None:
    """Add the app's options to the commands of a Typer, also to those that are added later."""
    if hasattr(cli, _ADOPTED):
        return
    setattr(cli, _ADOPTED, app)
    of_callback = [*AUTHORS, JSON._replace(is_hidden=True), *([VERSION] if is_program else [])]
    cli.__class__ = _class_with_app(app, type(cli), of_callback)
    for info in cli.registered_commands:
        info.callback = _prepare(app, info.callback, AUTHORS)
    if cli.registered_callback is not None and cli.registered_callback.callback is not None:
        cli.registered_callback.callback = _prepare(app, cli.registered_callback.callback, of_callback)
    for info in cli.registered_groups:
        _adopt(app, info.typer_instance)


def _class_with_app(app: AppIdentity, kind: Any, of_callback: Sequence[OptionSpec]) -> type:
    """Return a subclass of the author's Typer that adds the app's options to what is registered."""

    def with_our_options(register: Any, specs: Sequence[OptionSpec]) -> Any:
        def decorator(function: Any) -> Any:
            register(_prepare(app, function, specs))
            return function

        return decorator

    class WithApp(kind):  # type: ignore[misc]  # any Typer
        """A Typer with commands of an app."""

        def command(self, *args: Any, **kwargs: Any) -> Any:
            return with_our_options(super().command(*args, **kwargs), AUTHORS)

        def callback(self, *args: Any, **kwargs: Any) -> Any:
            return with_our_options(super().callback(*args, **kwargs), of_callback)

        def add_typer(self, typer_instance: Any, **kwargs: Any) -> None:
            _adopt(app, typer_instance)
            super().add_typer(typer_instance, **kwargs)

    return WithApp


def _prepare(app: AppIdentity, function: Any, specs: Sequence[OptionSpec]) -> Any:
    """Return the author's function with the app's options."""
    is_ours = isinstance(getattr(function, "app", None), AppIdentity)
    if is_ours:
        return function
    has_json = any(spec.key == JSON.key for spec in specs) or JSON.key in inspect.signature(function).parameters
    return with_options(app, _without_own(specs, function), function, takes_json=has_json)


def _without_own(specs: Sequence[OptionSpec], function: Callable[..., Any]) -> list[OptionSpec]:
    """Return the options that no parameter of the author's function declares."""
    taken = set()
    hints = _type_hints(function)
    for name, parameter in inspect.signature(function).parameters.items():
        declared = [*getattr(hints.get(name), "__metadata__", ()), parameter.default]
        info = next((each for each in declared if hasattr(each, "param_decls")), None)
        # Within `Annotated`, the first declaration is in the place of the default.
        declarations = [getattr(info, "default", None), *(getattr(info, "param_decls", None) or ())]
        words = [word for each in declarations if isinstance(each, str) for word in each.split("/") if word[:1] == "-"]
        taken |= set(words) or {f"--{name.replace('_', '-')}"}
    return [spec for spec in specs if taken.isdisjoint(spec.spellings)]


def _forward(app: AppIdentity, name: str, cli: Any, names: Collection[str]) -> Callable[..., None]:
    def forward(context: Any) -> None:
        if name == "help" and set(context.args[:1]).isdisjoint({*TOPICS, *names, *_HELP}):
            cli(args=[*context.args, "--help"], prog_name=context.parent.command_path)  # exits
        group = command_tree.program(app, names if name == "help" else [name])
        group.session = current_session(context, app)
        words = [name, *context.args]
        run = functools.partial(command_tree.run_click, app, group, words, context.parent.command_path)
        raise _typer().Exit(run_reporting_errors(app, run))

    forward.__annotations__ = {"context": _typer().Context, "return": None}
    forward.app = app  # type: ignore[attr-defined]  # `command_tree.run` compares it
    return forward


# Options and settings


def with_options(
    app: AppIdentity, specs: Iterable[OptionSpec], function: Callable[..., Any], *, takes_json: bool = True
) -> Callable[..., Any]:
    """Return the function with options that Typer sees. Unless it `takes_json`, `--json` before it is an error."""
    has = inspect.signature(function).parameters
    options = [option for option in specs if option.key not in has]
    parameters = [
        inspect.Parameter(option.key, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_annotation(app, option))
        for option in options
    ]

    def call(context: Any, /, *args: Any, **kwargs: Any) -> Any:
        values = {option: kwargs.pop(option.key, None) for option in options}
        if context is not None:
            with _exit_on_error(app):
                for option, value in values.items():
                    if value is not None and value != []:
                        option.store(current_session(context, app), _click_value(value))
                if not takes_json and current_session(context, app).json:
                    raise UsageError(f"--json before '{context.info_name}': this command does not have it")
        return function(*args, **kwargs)

    return _wrapper(function, call, added=parameters)


def with_settings(
    app: AppIdentity, settings: type[ProfileSettings] | None, function: Callable[..., Any], plain: Callable[..., Any]
) -> Callable[..., Any]:
    """Return the function without its first parameter for Typer. `plain` is called if the caller is not Typer."""

    def call(context: Any, /, *args: Any, **kwargs: Any) -> Any:
        if context is None:
            return plain(*args, **kwargs)
        with _exit_on_error(app):
            loaded = current_session(context, app).load(settings or app.settings_class())
            return function(loaded, *args, **kwargs)

    return _wrapper(plain, call)


def _click_value(value: object) -> object:
    """Convert a value from Typer to what click passes."""
    if isinstance(value, Secret):
        return value.reveal()
    return tuple(value) if isinstance(value, list) else value.value if isinstance(value, Enum) else value


def _annotation(app: AppIdentity, option: OptionSpec) -> Any:
    kind: Any = bool if option.is_flag else str
    if option.choices:  # an Enum, because older Typers do not know Literal
        functional: Any = Enum
        kind = functional("Choice", [(choice, choice) for choice in option.choices])
    if option.is_repeated:
        kind = list[kind]
    more: dict[str, Any] = {"autocompletion": _profile_completer(app)} if option.is_profile else {}
    if option.is_secret:  # Typer's tracebacks may show the values of parameters
        kind, more = Secret, {"parser": Secret}
    if option is VERSION:
        more = {"is_eager": True, "callback": _version_printer(app)}
    declared = _typer().Option(
        *option.names, help=option.help, metavar=option.metavar, show_default=False, hidden=option.is_hidden, **more
    )
    return Annotated[kind | None, declared]


def _version_printer(app: AppIdentity) -> Callable[[bool], None]:
    def show(given: bool) -> None:
        if given:
            from arka_config.versions import version_line

            terminal.out(version_line(app, app.name))
            raise _typer().Exit

    return show


def typer_session(app: AppIdentity) -> Session | None:
    """Return the session of the Typer command that is running; None outside of one."""
    context = _running.get(None)
    return None if context is None else current_session(context, app)


def _profile_completer(app: AppIdentity) -> Callable[..., list[str]]:
    def complete(context: Any, incomplete: str) -> list[str]:
        return current_session(context, app).names_starting_with(incomplete)

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
        given = kwargs.pop(_CONTEXT, None) if own is None else kwargs.get(own)
        if given is None:
            return call(None, *args, **kwargs)
        running = _running.set(given)
        try:
            return finish(call(given, *args, **kwargs))
        finally:
            _running.reset(running)

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
