"""Add an app's commands and options to the click group or Typer of another CLI. `App` has a method for each."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from arka_config.cli.runtime import command_tree
from arka_config.cli.runtime.command import COMMON

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from arka_config.app_identity import AppIdentity
    from arka_config.cli.runtime.command import OptionSpec
    from arka_config.settings import ProfileSettings


def profile_option(app: AppIdentity, function: Any) -> Any:
    """Add `--profile`, `--json`, `--no-input` and `--debug` to a command or group."""
    return _add_options(app, COMMON, function)


def settings_options(
    app: AppIdentity, settings: type[ProfileSettings] | None, only: Collection[str] | None
) -> Callable[[Any], Any]:
    """Return a decorator that adds an option for each setting of the class, or for `only` some."""
    from arka_config.cli.embed.setting_options import setting_options

    specs = setting_options(app, settings or app.settings_class(), only)
    return lambda function: _add_options(app, specs, function)


def _add_options(app: AppIdentity, specs: Iterable[OptionSpec], function: Any) -> Any:
    """Add options before the own options of a command, a group or its function. An own option of that name stays."""
    own: list[click.Parameter] = (
        function.params if isinstance(function, click.Command) else getattr(function, "__click_params__", [])
    )
    taken = {name for parameter in own for name in (*parameter.opts, *parameter.secondary_opts)}
    added = [spec for spec in specs if taken.isdisjoint(spec.spellings)]
    options = [spec.click_option(app) for spec in added]
    if isinstance(function, click.Command):
        function.params[:0] = options
        return function
    if "typer" in sys.modules:
        from arka_config.cli.embed.typer import with_options

        function = with_options(app, added, function)
    function.__click_params__ = [*own, *reversed(options)]  # click's order: the innermost decorator's option first
    return function


def add_commands(app: AppIdentity, cli: Any, only: Collection[str] | None) -> None:
    """Add the app's commands to a click group or a Typer. None is imported before it is run."""
    if isinstance(cli, click.Group):
        for command in command_tree.commands(app, only):
            if command.name not in cli.commands:  # the author's own command stays
                cli.add_command(command)
    elif (typer := sys.modules.get("typer")) is not None and isinstance(cli, typer.Typer):
        from arka_config.cli.embed.typer import add

        add(app, cli, only)
    else:
        raise TypeError(f"commands are added to a click.Group or a typer.Typer, and not to {type(cli).__name__}")
