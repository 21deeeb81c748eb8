"""Add an app's commands and options to a click, Typer or argparse program of another author, for the methods of App."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from arka_config.cli.embed.click_group import adopt, drop_taken_names, insert_options
from arka_config.cli.runtime import command_tree
from arka_config.cli.runtime.asynchronous import run_if_async
from arka_config.cli.runtime.command import AUTHORS, JSON

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from arka_config.app_identity import AppIdentity
    from arka_config.cli.runtime.command import OptionSpec
    from arka_config.settings import ProfileSettings


def profile_option(app: AppIdentity, function: Any) -> Any:
    """Add `--profile`, `--no-input` and `--debug` to a command or group."""
    return add_options(app, AUTHORS, function)


def json_option(app: AppIdentity, function: Any) -> Any:
    """Add `--json` to a command."""
    return add_options(app, [JSON], function)


def settings_options(
    app: AppIdentity, settings: type[ProfileSettings] | None, only: Collection[str] | None
) -> Callable[[Any], Any]:
    """Return a decorator that adds an option for each setting of the class, or for `only` some."""
    from arka_config.cli.embed.setting_options import setting_options

    specs = setting_options(app, settings or app.settings_class(), only)
    return lambda function: add_options(app, specs, function)


def add_options(app: AppIdentity, specs: Iterable[OptionSpec], function: Any) -> Any:
    """Add options before the own options of a command, a group or its function. An own option of that name stays."""
    if isinstance(function, click.Command):
        insert_options(app, specs, function)
        return function
    own: list[click.Parameter] = getattr(function, "__click_params__", [])
    added = drop_taken_names(specs, own)
    options = [spec.click_option(app) for spec in added]
    function = run_if_async(function)
    if "typer" in sys.modules:
        from arka_config.cli.embed.typer import with_options

        function = with_options(app, added, function)
    function.__click_params__ = [*own, *reversed(options)]  # click's order: the innermost decorator's option first
    return function


def add_commands(app: AppIdentity, cli: Any) -> None:
    """Add the app's commands to a click group, a Typer, or the subparsers of an ArgumentParser, and its options to all
    commands that are there. No command of the app is imported before it is run."""
    if isinstance(cli, click.Group):
        version = command_tree.version_option(app)
        if not any({*parameter.opts} & {*version.opts} for parameter in cli.params):
            cli.params.append(version)
        adopt(app, cli)
        for command in command_tree.commands(app):
            if command.name not in cli.commands:  # the author's own command stays
                cli.add_command(command)
    elif (typer := sys.modules.get("typer")) is not None and isinstance(cli, typer.Typer):
        from arka_config.cli.embed import typer as embedded_typer

        embedded_typer.add(app, cli)
    elif (argparse := sys.modules.get("argparse")) is not None and isinstance(cli, argparse._SubParsersAction):
        from arka_config.cli.embed import argparse as embedded_argparse

        embedded_argparse.add(app, cli)
    else:
        kinds = "a click.Group, a typer.Typer or the result of ArgumentParser.add_subparsers()"
        raise TypeError(f"commands are added to {kinds}, and not to {type(cli).__name__}")
