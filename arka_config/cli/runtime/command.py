"""How a command is declared: its own options and arguments, and those that every command takes."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import click

from arka_config.cli.runtime import ending, options
from arka_config.cli.runtime import session as sessions
from arka_config.cli.runtime.boundary import boundary
from arka_config.cli.runtime.options import ProfileName

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Concatenate, ParamSpec, Self

    from arka_config.app import App
    from arka_config.cli.runtime.session import Session

    P = ParamSpec("P")

__all__ = ["Command", "ProfileName", "command", "common_options"]


class Command(click.Command):
    """A command of the app that it is bound to. Its help may say `{app}` for the words that run the program."""

    app: App

    def bound(self, app: App) -> Self:
        """The same command, as one of this app's."""
        made = copy.copy(self)
        made.app = app
        return made

    def get_help(self, ctx: click.Context) -> str:
        """The help, with the name of the program that was run."""
        return super().get_help(ctx).replace("{app}", sessions.program_of(ctx))

    def invoke(self, ctx: click.Context) -> None:
        """Runs the command. The exit code that it gives is the run's, also where click's main is the author's."""
        with boundary(self.app):
            try:
                code = super().invoke(ctx)
            except KeyboardInterrupt:
                code = ending.interrupted()
            except BrokenPipeError:
                raise
            except OSError as error:
                raise ending.of_the_system(error) from None
        if code:
            ctx.exit(code)


def command(**attributes: Any) -> Callable[[Callable[Concatenate[Session, P], int | None]], Command]:
    """Makes a command of a function that takes the Session and may give an exit code. Its docstring is the help."""

    def decorator(function: Callable[Concatenate[Session, P], int | None]) -> Command:
        def callback(*args: P.args, **kwargs: P.kwargs) -> int | None:
            return function(sessions.of(click.get_current_context()), *args, **kwargs)

        callback.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]  # click keeps options so
        callback.__doc__ = function.__doc__
        name = attributes.pop("name", function.__name__.rstrip("_"))
        made = click.command(name, cls=Command, **attributes)(callback)
        made.params += common_options()
        return made

    return decorator


def common_options() -> list[click.Parameter]:
    """The options that stand on every command and group, so that they may be written before or after its name."""
    return [option.for_click() for option in options.COMMON]
