"""An option as it is offered to a person, and what becomes of it. What was given goes into the Session, and not into
the function's arguments: it counts for the whole run, before a command's name or after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click
from click.core import ParameterSource

from arka_config.cli.output import terminal
from arka_config.cli.runtime import session as sessions
from arka_config.cli.runtime.boundary import boundary

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.shell_completion import CompletionItem

    from arka_config.app import App
    from arka_config.cli.runtime.session import Session

    Word = click.ParamType[str]
else:
    Word = click.ParamType  # which takes no type at run time before click 8.4

# A person gave it: neither a `default_map` nor click's own variables are flags.
_BY_HAND = (ParameterSource.COMMANDLINE, ParameterSource.PROMPT)


class ProfileName(Word):
    """A profile's name. It is checked where it is used; here it is completed, from the names of files alone."""

    name = "name"

    def __init__(self, app: App | None = None) -> None:
        self._app = app

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The names that begin so."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(name) for name in sessions.of(ctx, self._app).names_starting_with(incomplete)]


class Offered(NamedTuple):
    """An option: its names, its help, and what the Session takes of it."""

    names: tuple[str, ...]
    help: str
    take: Callable[[Session, Any], None]
    metavar: str | None = None
    is_flag: bool = False
    is_profile: bool = False
    choices: tuple[str, ...] = ()
    is_repeated: bool = False

    @property
    def words(self) -> list[str]:
        """Every word that gives it: `--verbose` and `--no-verbose`."""
        return [word for name in self.names for word in name.split("/")]

    @property
    def key(self) -> str:
        """An argument's name for it, which no author gives to one of their own."""
        return "given_" + self.names[-1].partition("/")[0].lstrip("-").replace("-", "_")

    def for_click(self, app: App | None = None) -> click.Option:
        """The option for click: of this app, else of the one that the command belongs to."""

        def callback(context: click.Context, _: click.Parameter, value: object) -> None:
            if not context.resilient_parsing and context.get_parameter_source(self.key) in _BY_HAND:
                owner = app or sessions.app_of(context)
                with boundary(owner):
                    self.take(sessions.of(context, owner), value)

        kind = ProfileName(app) if self.is_profile else click.Choice(self.choices) if self.choices else None
        return click.Option(
            [*self.names, self.key],
            type=kind,
            metavar=self.metavar,
            help=self.help,
            is_flag=self.is_flag,
            default=None if self.is_flag and "/" in self.names[-1] else False if self.is_flag else None,
            multiple=self.is_repeated,
            expose_value=False,
            allow_from_autoenv=False,
            callback=callback,
        )


def _take_profiles(session: Session, names: tuple[str, ...]) -> None:
    for name in names:
        session.choose(name)


def _take_json(session: Session, given: bool) -> None:
    session.json = given


def _take_no_input(session: Session, given: bool) -> None:
    session.no_input = session.no_input or given


def _take_debug(_: Session, given: bool) -> None:
    if given:
        terminal.start_debug_log()


def _take_api_key(session: Session, token: str) -> None:
    session.api_key = token


# Repeated, so that two profiles that differ are seen, and not the last one taken.
PROFILE = Offered(
    ("-p", "--profile"),
    "The profile to use, whatever the environment says.",
    _take_profiles,
    metavar="NAME",
    is_profile=True,
    is_repeated=True,
)
JSON = Offered(("--json",), "Answer with one JSON object.", _take_json, is_flag=True)
NO_INPUT = Offered(
    ("--no-input",), "Ask nothing: fail, and name the option that answers.", _take_no_input, is_flag=True
)
DEBUG = Offered(("--debug",), "Say on stderr what is done, step by step. No token is shown.", _take_debug, is_flag=True)
COMMON = (PROFILE, JSON, NO_INPUT, DEBUG)
API_KEY = Offered(
    ("--api-key", "--token"),
    "A token to use for this run. A process list shows it: prefer a profile, or the environment.",
    _take_api_key,
    metavar="TOKEN",
)
