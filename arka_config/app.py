"""App: what the author of a CLI creates, and the API to run it and to add commands and options to it.

The methods import `arka_config.cli` when they are called, so that creating an App stays cheap.
"""

from __future__ import annotations

from arka_config.app_identity import AppIdentity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import Any, Concatenate, NoReturn, ParamSpec, Protocol, TypeVar, overload

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

    def main(self, cli: str | None = None, *, only: Collection[str] | None = None) -> Callable[[], NoReturn]:
        """Return the program's entry point: a function that runs this process's command line and exits.

        `cli` is the import string of the click group or Typer app that contains the app's commands, `"acme.cli:cli"`.
        It is imported only if needed: `token`, `prompt`, `exec -- …` and completing a profile name do without it.
        `only` names the app's commands that it has, as in `add_commands`. Without `cli`, the program consists of the
        app's commands.
        """

        def start() -> NoReturn:
            from arka_config.cli.runtime.run import run

            raise SystemExit(run(self, cli=cli, only=only))

        return start

    def add_commands(self, cli: click.Group | Typer, *, only: Collection[str] | None = None) -> None:
        """Add `login`, `profiles`, `config` and the other commands, or those in `only`, to a click group or a Typer.

        A command's module is imported when the command runs. Raises LookupError for an unknown command.
        """
        from arka_config.cli.embed.toolkit import add_commands

        add_commands(self, cli, only)

    def profile_option(self, function: F) -> F:
        """Add the options `-p/--profile`, `--json`, `--no-input` and `--debug` to a click or Typer command or group.

        Their values apply to the whole run, before or after a subcommand's name, and are not passed to the function.
        """
        from arka_config.cli.embed.toolkit import profile_option

        decorated: F = profile_option(self, function)
        return decorated

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
        def pass_settings(self, settings: type[S], /) -> Callable[[Callable[Concatenate[S, P], R]], Callable[P, R]]: ...

        def pass_settings(self, target: Any, /) -> Any:
            """Pass the effective settings to a function as its first argument, loaded when it is called."""

    else:

        def pass_settings(self, target, /):
            """Pass the effective settings to a function as its first argument, loaded when it is called.

            They are of the class that the app names, or of the given one: `@app.pass_settings(Settings)`. In a click
            or Typer command they include the run's options, and an error is printed with its hint and exit code;
            elsewhere they are the result of `Settings.load()`, which raises its errors.
            """
            from arka_config.cli.embed.pass_settings import pass_settings

            if isinstance(target, type):
                return lambda function: pass_settings(self, target, function)
            return pass_settings(self, None, target)
