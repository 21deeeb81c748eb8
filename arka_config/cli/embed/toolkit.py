"""What the author of another CLI puts on their own click: options, commands. `App` has a method for each."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from arka_config.cli.runtime import command_tree, options

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from arka_config.app import App
    from arka_config.cli.runtime.options import Offered
    from arka_config.settings import ProfileSettings


def profile_option(app: App, function: Any) -> Any:
    """`--profile`, `--json` and `--no-input` for a command or group."""
    return offered(app, options.COMMON, function)


def settings_options(
    app: App, settings: type[ProfileSettings] | None, only: Collection[str] | None
) -> Callable[[Any], Any]:
    """An option for each setting of the class, or for some of them, for a command or group."""
    from arka_config.cli.embed.setting_options import setting_options

    made = setting_options(app, settings or app.settings_class(), only)
    return lambda function: offered(app, made, function)


def offered(app: App, those: Iterable[Offered], function: Any) -> Any:
    """The command, group or function of one, with these options before its own; without those that it has itself."""
    own: list[click.Parameter] = (
        function.params if isinstance(function, click.Command) else getattr(function, "__click_params__", [])
    )
    taken = {name for parameter in own for name in (*parameter.opts, *parameter.secondary_opts)}
    mine = [option for option in those if taken.isdisjoint(option.words)]
    made = [option.for_click(app) for option in mine]
    if isinstance(function, click.Command):
        function.params[:0] = made
        return function
    if "typer" in sys.modules:
        from arka_config.cli.embed.typer import with_options

        function = with_options(app, mine, function)
    function.__click_params__ = [*own, *reversed(made)]  # as click keeps them: the innermost decorator's first
    return function


def add_commands(app: App, cli: Any, only: Collection[str] | None) -> None:
    """Adds the app's commands to a click group, or to a Typer; none is imported before it is run."""
    if isinstance(cli, click.Group):
        for command in command_tree.commands(app, only):
            if command.name not in cli.commands:  # the author's own stays
                cli.add_command(command)
    elif (typer := sys.modules.get("typer")) is not None and isinstance(cli, typer.Typer):
        from arka_config.cli.embed.typer import add

        add(app, cli, only)
    else:
        raise TypeError(f"commands are added to a click.Group or a typer.Typer, and not to {type(cli).__name__}")
