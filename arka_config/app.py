"""App: what the author of a CLI creates, and the API to run it and to add commands and options to it.

The methods import `arka_config.cli` when they are called, so that creating an App stays cheap.
"""

from __future__ import annotations

from arka_config.app_identity import AppIdentity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction
    from collections.abc import Callable, Collection
    from typing import Any, Concatenate, Literal, NoReturn, ParamSpec, Protocol, TypeVar, overload

    import click

    from arka_config.settings import ProfileSettings

    F = TypeVar("F", bound=Callable[..., Any])
    P = ParamSpec("P")
    R = TypeVar("R")
    S = TypeVar("S", bound=ProfileSettings)

    class Typer(Protocol):
        """A `typer.Typer`, without importing it."""

        registered_commands: list[Any]
        registered_groups: list[Any]


class App(AppIdentity):
    """One CLI, described by the arguments of `AppIdentity`."""

    def main(self, cli: str | None = None) -> Callable[[], NoReturn]:
        """Return the program's entry point: a function that runs this process's command line and exits.

        `cli` is the import string of the click group, Typer or ArgumentParser that contains the app's commands,
        `"acme.cli:cli"`. It is imported only if needed: `token`, `prompt`, `exec -- …` and completing a profile name do
        without it. Without `cli`, the program consists of the app's commands.
        """

        def start() -> NoReturn:
            from arka_config.cli.runtime.run import run

            raise SystemExit(run(self, cli=cli))

        return start

    def add_commands(self, cli: click.Group | Typer | _SubParsersAction[Any]) -> None:
        """Add `login`, `profiles`, `config` and the other commands, or those in `commands`, to a program.

        The program is a click group, a Typer, or what `ArgumentParser.add_subparsers()` returns. Its own commands take
        `-p/--profile`, `--no-input` and `--debug` then, also those that are added later; a command of the program that
        has the name of one of these stays. A command's module is imported when the command runs. Raises LookupError for
        an unknown command.
        """
        from arka_config.cli.embed.toolkit import add_commands

        add_commands(self, cli)

    def profile_option(self, function: F) -> F:
        """Add the options `-p/--profile`, `--no-input` and `--debug` to a click or Typer command or group.

        Commands with `pass_settings`, and those of a group with `add_commands`, have them already. Their values apply
        to the whole run, before or after a subcommand's name, and are not passed to the function.
        """
        from arka_config.cli.embed.toolkit import profile_option

        decorated: F = profile_option(self, function)
        return decorated

    def json_option(self, function: F) -> F:
        """Add the option `--json` to a click or Typer command that prints JSON.

        `wants_json()` returns whether it was given. The errors of the command are then printed as JSON too.
        """
        from arka_config.cli.embed.toolkit import json_option

        decorated: F = json_option(self, function)
        return decorated

    def wants_json(self, arguments: Namespace | None = None) -> bool:
        """Return whether the running command was given `--json`, before or after its name.

        An argparse program passes its Namespace.
        """
        from arka_config.cli.embed.running import wants_json

        return wants_json(self, arguments)

    def settings_reference(
        self, form: Literal["markdown", "man"] = "markdown", *, options: bool | Collection[str] = True
    ) -> str:
        """Return a reference of the settings: name, type, default, variable, option and description of each.

        It is a Markdown table, or a man page of section 5. `options` names the settings that an option of the program
        sets, if not all. `config reference` prints the same. Raises LookupError if the app names no settings class.
        """
        from arka_config.cli.reference.settings import write
        from arka_config.settings.reference import describe
        from arka_config.versions import app_version

        return write(self, describe(self, self.settings_class(), options), form, app_version(self))

    def settings_options(
        self, settings: type[ProfileSettings] | None = None, *, only: Collection[str] | None = None
    ) -> Callable[[F], F]:
        """Add an option for each setting, or for those in `only` (dotted names), to a click or Typer command or group.

        Their values become the flag layer of the settings that the run loads. Secrets get no option, except the token.
        """
        from arka_config.cli.embed.toolkit import settings_options

        return settings_options(self, settings, only)

    if TYPE_CHECKING:

        @overload
        def pass_settings(self, function: Callable[Concatenate[S, P], R], /) -> Callable[P, R]: ...

        @overload
        def pass_settings(
            self, settings: type[S], /, *, options: bool | Collection[str] = False
        ) -> Callable[[Callable[Concatenate[S, P], R]], Callable[P, R]]: ...

        @overload
        def pass_settings(
            self, settings: None = None, /, *, options: bool | Collection[str]
        ) -> Callable[[Callable[Concatenate[S, P], R]], Callable[P, R]]: ...

        def pass_settings(self, target: Any = None, /, *, options: bool | Collection[str] = False) -> Any:
            """Pass the effective settings to a function as its first argument, loaded when it is called."""

    else:

        def pass_settings(self, target=None, /, *, options=False):
            """Pass the effective settings to a function as its first argument, loaded when it is called.

            They are of the class that the app names, or of the given one: `@app.pass_settings(Settings)`. A click or
            Typer command gets the options of `profile_option`, and an option for each setting with `options=True`, or
            for those in `options` (dotted names). The settings include the run's options, and an error is printed with
            its hint and exit code. In an argparse program, the options are those of the Namespace that the function is
            called with. Elsewhere, the settings are the result of `Settings.load()`, which raises its errors.
            """
            from arka_config.cli.embed.pass_settings import pass_settings

            if target is None or isinstance(target, type):
                return lambda function: pass_settings(self, target, options, function)
            return pass_settings(self, None, options, target)

    def add_arguments(
        self,
        parser: ArgumentParser,
        settings: type[ProfileSettings] | None = None,
        *,
        options: bool | Collection[str] = False,
        json: bool = False,
    ) -> None:
        """Add `-p/--profile`, `--no-input` and `--debug` to an ArgumentParser; with `json`, also `--json`.

        With `options=True`, it gets an option for each setting, or for those in `options` (dotted names), of the class
        that the app names or of the given one.
        """
        from arka_config.cli.embed.argparse import add_arguments

        add_arguments(self, parser, settings, options, json=json)

    if TYPE_CHECKING:

        @overload
        def load_settings(self, arguments: Namespace, settings: type[S]) -> S: ...

        @overload
        def load_settings(self, arguments: Namespace, settings: None = None) -> ProfileSettings: ...

        def load_settings(self, arguments: Namespace, settings: Any = None) -> Any:
            """Load the settings of an argparse program, with the options that the Namespace has."""

    else:

        def load_settings(self, arguments, settings=None):
            """Load the settings of an argparse program, with the options that the Namespace has.

            Raises what `ProfileSettings.load` raises, and UsageError if an option was given twice, with two values.
            """
            from arka_config.cli.embed.argparse import load_settings

            return load_settings(self, arguments, settings)
