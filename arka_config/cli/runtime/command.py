"""How a command is declared for click: the decorator, and the options that every command takes.

The values of these options are stored in the Session instead of being passed to the function, because they apply to the
whole run, whether they are given before or after the command's name.
"""

from __future__ import annotations

import functools
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from click.core import ParameterSource

from arka_config import deadline
from arka_config.app_identity import LEGACY, MANAGE, PLANS, SIGN_IN, VERIFY
from arka_config.cli.output import progress, terminal
from arka_config.cli.runtime import reporting, words
from arka_config.cli.runtime.click_context import app_of, current_session, program_context, program_of
from arka_config.cli.runtime.help_format import HelpContext
from arka_config.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Concatenate, ParamSpec, Self

    from click.shell_completion import CompletionItem

    from arka_config.app_identity import AppIdentity
    from arka_config.cli.runtime.session import Session

    P = ParamSpec("P")

ProfileName = words.ProfileName  # imported from here by the commands
HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}  # of every command and group

_FOR_FEATURE = rf"(?s)\[\[(no-)?({LEGACY}|{VERIFY}|{PLANS}|{MANAGE}|{SIGN_IN}):(.*?)\]\]"

# The user gave the value: a `default_map` or one of click's own variables is not a flag.
_GIVEN = (ParameterSource.COMMANDLINE, ParameterSource.PROMPT)


# Errors


class ReportedError(click.ClickException):
    """A ConfigError as a click exception, for a program with its author's own click `main`."""

    def __init__(self, app: AppIdentity, error: ConfigError, *, in_option: bool = False) -> None:
        super().__init__(app.redact(error.message))
        self.app = app
        self.error = error
        self.in_option = in_option
        self.exit_code = error.exit_code  # type: ignore[misc]  # click reads the instance's

    def show(self, file: object = None) -> None:
        """Print the message and the hint to stderr."""
        with terminal.AppOutput(self.app):
            terminal.show_error(self.error)


@contextmanager
def raise_click_errors(app: AppIdentity, *, in_option: bool = False) -> Iterator[None]:
    """Run a block with the app's output, and raise its ConfigErrors as click exceptions.

    `in_option` is whether the block stores an option, so that the other options may not be stored yet.
    """
    reported = None
    with terminal.AppOutput(app):
        try:
            yield
        except ConfigError as error:
            reported = ReportedError(app, error, in_option=in_option)
    if reported is not None:  # raised outside `except` so the original error is not chained: it may hold a secret
        raise reported


def show_json_error(session: Session, error: ConfigError, document: Mapping[str, object] | None = None) -> None:
    """With `--json`, print the error that ends the command, in the document if there is one.

    Nothing is printed if the command has printed its object: there is one object for each run.
    """
    if session.json and not session.has_shown_json:
        from arka_config.cli.output.format import error_document

        session.show_json({**(document or {}), "error": error_document(session, error)})


@contextmanager
def print_json_errors(session: Session) -> Iterator[None]:
    """With `--json`, print the error of a block to stdout too: a program reads what the command prints there."""
    try:
        yield
    except ConfigError as error:
        show_json_error(session, error)
        raise


@contextmanager
def suggest_only_safe_options() -> Iterator[None]:
    """In the error for an unknown option, suggest none that cannot be undone: `--remove` is not `--revoke`."""
    try:
        yield
    except click.NoSuchOption as error:
        from arka_config.cli.runtime import suggestions

        safe = suggestions.safe_options(error.possibilities)
        raise click.NoSuchOption(error.option_name, possibilities=safe, ctx=error.ctx) from None


# Options


class OptionSpec(NamedTuple):
    """An option, for click or Typer: its names, its help, and a function that stores its value in the Session."""

    names: tuple[str, ...]
    help: str
    store: Callable[[Session, Any], None]
    metavar: str | None = None
    is_flag: bool = False
    is_profile: bool = False
    is_url: bool = False
    choices: tuple[str, ...] = ()
    is_repeated: bool = False
    is_hidden: bool = False
    is_secret: bool = False

    @property
    def spellings(self) -> list[str]:
        """Every spelling on the command line: `--verbose` and `--no-verbose`."""
        return [word for name in self.names for word in name.split("/")]

    @property
    def key(self) -> str:
        """A parameter name that does not clash with one of the author's."""
        return "given_" + self.names[-1].partition("/")[0].lstrip("-").replace("-", "_")

    def click_option(self, app: AppIdentity | None = None) -> click.Option:
        """The click option, for this app or else for the app that the command belongs to."""

        def callback(context: click.Context, _: click.Parameter, value: object) -> None:
            if not context.resilient_parsing and context.get_parameter_source(self.key) in _GIVEN:
                owner = app or app_of(context)
                with raise_click_errors(owner, in_option=True):
                    self.store(current_session(context, owner), value)

        kind: click.ParamType[Any] | None = click.Choice(self.choices) if self.choices else None
        if self.is_profile:
            kind = ProfileName(app)
        elif self.is_url:
            kind = words.WorkspaceUrl(app)
        return click.Option(
            [*self.names, self.key],
            type=kind,
            metavar=self.metavar,
            help=self.help,
            is_flag=self.is_flag,
            default=None if self.is_flag and "/" in self.names[-1] else False if self.is_flag else None,
            multiple=self.is_repeated,
            hidden=self.is_hidden,
            expose_value=False,
            allow_from_autoenv=False,
            callback=callback,
        )


def _store_profiles(session: Session, names: tuple[str, ...]) -> None:
    for name in names:
        session.choose(name)


def _store_json(session: Session, given: bool) -> None:
    session.json = given


def _store_no_input(session: Session, given: bool) -> None:
    session.no_input = session.no_input or given


def _store_debug(_: Session, given: bool) -> None:
    if given:
        terminal.start_debug_log()


def _store_api_key(session: Session, token: str) -> None:
    _check_given_once(session.app.token_field.option, session.api_key, token)
    session.api_key = token


def _store_api_url(session: Session, url: str) -> None:
    _check_given_once(session.app.url_field.option, session.flags.get("api_url"), url)
    session.flags["api_url"] = url


def _check_given_once(option: str, before: object, now: str) -> None:
    """Raise UsageError if an option was given before and after the subcommand, with two values."""
    if before not in (None, now):
        raise UsageError(f"{option} was given twice, with different values", hint="keep one of them")


# Repeatable, so that two different profiles are an error and the last one does not win.
PROFILE = OptionSpec(
    ("-p", "--profile"),
    "Use this profile; overrides the environment.",
    _store_profiles,
    metavar="NAME",
    is_profile=True,
    is_repeated=True,
)
JSON = OptionSpec(("--json",), "Print the result as one JSON object.", _store_json, is_flag=True)
NO_INPUT = OptionSpec(
    ("--no-input",), "Never prompt: fail, and name the option to use instead.", _store_no_input, is_flag=True
)
DEBUG = OptionSpec(("--debug",), "Log each step to stderr, without tokens.", _store_debug, is_flag=True)
AUTHORS = (PROFILE, NO_INPUT, DEBUG)  # of every command, also of the author's own
API_KEY = OptionSpec(
    ("--api-key", "--token"),
    "Use this token for this run. It is visible in process lists: prefer a profile or the environment.",
    _store_api_key,
    metavar="TOKEN",
    is_secret=True,
)
API_URL = OptionSpec(
    ("--api-url",),
    "The workspace that the token is for; overrides the environment.",
    _store_api_url,
    metavar="URL",
    is_url=True,
)


@functools.cache
def common_options(app: AppIdentity | None = None) -> Sequence[click.Parameter]:
    """The options of every command and group, so that they may be given before or after a command's name.

    All commands share them: creating them for each group takes longer than writing the help.
    """
    return tuple(option.click_option(app) for option in (PROFILE, JSON, NO_INPUT, DEBUG, API_KEY, API_URL))


def implements_json(command: click.Command) -> bool:
    """Return whether a command has the option `--json` of an app."""
    return any(parameter.name == JSON.key for parameter in command.params)


class FeatureOption(click.Option):
    """An option that only an app with a feature has: `needs` is the feature, in the words of `AppIdentity.can`.

    In other apps, the help does not show it, and giving it is an error.
    """

    def __init__(self, *names: Any, needs: str, **attributes: Any) -> None:
        super().__init__(*names, **attributes)
        self.needs = needs

    def bind(self, app: AppIdentity) -> Self:
        """Return the option as this app has it."""
        if app.can(self.needs):
            return self
        import copy

        option = copy.copy(self)
        option.hidden = True
        option.callback = functools.partial(_refuse, app)
        return option


def _refuse(app: AppIdentity, context: click.Context, option: click.Parameter, value: object) -> object:
    is_given = context.get_parameter_source(str(option.name)) in _GIVEN
    if value and is_given and not context.resilient_parsing:  # `--no-verify` asks for nothing
        assert isinstance(option, FeatureOption)
        with raise_click_errors(app, in_option=True):
            raise UsageError(f"{option.opts[0]}: {_LACKING[option.needs].format(app=app.name)}", hint="leave it out")
    return value


_LACKING = {
    LEGACY: "{app} has no older CLI with a file to change",
    VERIFY: "{app} has no API that verifies tokens",
    MANAGE: "{app} has no API that manages tokens",
    PLANS: "{app} has no plans",
}


def help_for(app: AppIdentity, text: str) -> str:
    """Return a help text as it is for this app: without what is about features that it does not have."""
    return re.sub(_FOR_FEATURE, lambda found: found[3] if app.can(found[2]) != bool(found[1]) else "", text)


def feature_option(*names: str, needs: str, **attributes: Any) -> Callable[[Any], Any]:
    """Like `click.option`, for an option that only apps with a feature have."""
    return click.option(*names, cls=FeatureOption, needs=needs, **attributes)


# Commands


@contextmanager
def _progress(session: Session) -> Iterator[None]:
    """Show the progress of a block, and how much time is left of a wait, but not with `--json`."""
    before, deadline.watcher = deadline.watcher, progress.show_wait
    try:
        with progress.hide(session.json):
            yield
    finally:
        deadline.watcher = before
        progress.end()


class Command(click.Command):
    """A command of an app. `{app}` in its help is replaced with the words that run the program.

    What is in `[[verify:…]]` is in the help only if the app has the feature, and `[[no-verify:…]]` only if it has not.
    """

    app: AppIdentity
    context_class = HelpContext

    def bind(self, app: AppIdentity) -> Self:
        """Return a copy of the command for this app."""
        import copy

        command = copy.copy(self)
        command.app = app
        command.params = [each.bind(app) if isinstance(each, FeatureOption) else each for each in self.params]
        command.help = help_for(app, self.help or "")
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse as click does, but suggest no option that cannot be undone."""
        if self.name == "token" and not ctx.resilient_parsing:
            self._check_not_a_group(ctx, next((word for word in args if not word.startswith("-")), ""))
        with suggest_only_safe_options():
            return super().parse_args(ctx, args)

    def _check_not_a_group(self, ctx: click.Context, word: str) -> None:
        """Raise UsageError if a word belongs to a group with a similar name: `token list` is `tokens list`."""
        from arka_config.cli.runtime import suggestions

        meant = suggestions.synonym(word, str(self.name)) if ctx.parent is program_context(ctx) else []
        if meant:
            said = "" if "--help" in meant else f"; did you mean '{' '.join(meant)}'?"
            with raise_click_errors(self.app, in_option=True):
                hint = " ".join([program_of(ctx), *meant])
                raise UsageError(f"'{self.name}' has no command '{word}'{said}", hint=hint)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete options, `-pNAME`, and the words of another command."""
        for parameter in self.params:
            if isinstance(parameter.type, words.CommandWord) and ctx.params.get(parameter.name or ""):
                return parameter.shell_complete(ctx, incomplete)  # `exec make -`
        attached = words.complete_attached_value(self, ctx, incomplete)
        return super().shell_complete(ctx, incomplete) if attached is None else attached

    def get_help(self, ctx: click.Context) -> str:
        """Return the help, with the name of the program that was run."""
        return super().get_help(ctx).replace("{app}", program_of(ctx))

    def invoke(self, ctx: click.Context) -> None:
        """Run the command, and exit with the code that it returns."""
        session = current_session(ctx, self.app)
        with raise_click_errors(self.app), print_json_errors(session), _progress(session):
            try:
                code = super().invoke(ctx)
            except KeyboardInterrupt as interrupt:
                code = reporting.report_interrupt(interrupt)
            except BrokenPipeError:
                raise
            except OSError as error:
                raise reporting.convert_os_error(error) from None
        if code:
            ctx.exit(code)


def command(**attributes: Any) -> Callable[[Callable[Concatenate[Session, P], int | None]], Command]:
    """Make a command of a function that takes the Session and may return an exit code. Its docstring is the help."""

    def decorator(function: Callable[Concatenate[Session, P], int | None]) -> Command:
        def callback(*args: P.args, **kwargs: P.kwargs) -> int | None:
            return function(current_session(click.get_current_context()), *args, **kwargs)

        callback.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]  # click keeps options so
        callback.__doc__ = function.__doc__
        name = attributes.pop("name", function.__name__.rstrip("_"))
        settings = {**HELP_OPTIONS, **attributes.pop("context_settings", {})}
        result = click.command(name, cls=Command, context_settings=settings, **attributes)(callback)
        own = {name for parameter in result.params for name in parameter.opts}
        result.params += [option for option in common_options() if own.isdisjoint(option.opts)]
        return result

    return decorator
