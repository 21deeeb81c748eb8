"""How a command is declared: its own options and arguments, and those that every command takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli import session as sessions
from arka_config.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Concatenate, ParamSpec

    from click.shell_completion import CompletionItem

    from arka_config.cli.session import Session

    P = ParamSpec("P")


class ProfileName(click.ParamType[str]):
    """A profile's name. It is checked where it is used; here it is completed, from the names of files alone."""

    name = "name"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The names that begin so; none where they cannot be read, since a shell that completes shows no error."""
        from click.shell_completion import CompletionItem

        try:
            names = sessions.of(ctx).store.names()
        except ConfigError:
            names = []
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


class Command(click.Command):
    """A command whose help may say `{app}` for the program's name."""

    def get_help(self, ctx: click.Context) -> str:
        """The help, with the name of the program that was run."""
        return super().get_help(ctx).replace("{app}", ctx.find_root().info_name or "")


def command(**attributes: Any) -> Callable[[Callable[Concatenate[Session, P], int | None]], Command]:
    """Makes a command of a function that takes the Session and may give an exit code. Its docstring is the help."""

    def decorator(function: Callable[Concatenate[Session, P], int | None]) -> Command:
        def callback(*args: P.args, **kwargs: P.kwargs) -> int | None:
            return function(sessions.current(), *args, **kwargs)

        callback.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]  # click keeps options so
        callback.__doc__ = function.__doc__
        name = attributes.pop("name", function.__name__.rstrip("_"))
        made = click.command(name, cls=Command, **attributes)(callback)
        made.params += common_options()
        return made

    return decorator


def common_options() -> list[click.Parameter]:
    """The options that stand on every command and group, so that they may be written before or after its name."""
    return [
        click.Option(
            ["-p", "--profile"],
            type=ProfileName(),
            metavar="NAME",
            help="The profile to use, whatever the environment says.",
            expose_value=False,
            callback=_take_profiles,
            multiple=True,  # so that two that differ are seen, and not the last one taken
        ),
        click.Option(
            ["--json"], is_flag=True, help="Answer with one JSON object.", expose_value=False, callback=_take_json
        ),
        click.Option(
            ["--no-input"],
            is_flag=True,
            help="Ask nothing: fail, and name the option that answers.",
            expose_value=False,
            callback=_take_no_input,
        ),
    ]


def _take_profiles(context: click.Context, _: click.Parameter, names: tuple[str, ...]) -> None:
    for name in names if not context.resilient_parsing else ():
        sessions.current().choose(name)


def _take_json(context: click.Context, _: click.Parameter, given: bool) -> None:
    if given and not context.resilient_parsing:
        sessions.current().json = True


def _take_no_input(context: click.Context, _: click.Parameter, given: bool) -> None:
    if given and not context.resilient_parsing:
        sessions.current().no_input = True
