"""Programs of another author, for tests of `App.main`."""

from __future__ import annotations

import click
import typer

from arka_config import App
from tests.acme import app

some_app = App("acme", settings="tests.acme:Settings", token_prefix="acme_", commands=("login", "token", "profiles"))
main = app.main(f"{__name__}:cli")
some = some_app.main(f"{__name__}:cli_with_some")
mismatched = app.main(f"{__name__}:cli_with_some")
typer_main = some_app.main(f"{__name__}:typed")


@click.group()
def cli() -> None:
    """The program of Acme."""


@cli.command()
@click.argument("code", type=int)
def end(code: int) -> None:
    """Exit with a code, or with the author's own error."""
    if code == 1:
        raise click.ClickException("the author's message")
    click.get_current_context().exit(code)


@cli.command()
@app.profile_option
def greet() -> None:
    """A command with the common options."""


app.add_commands(cli)

cli_with_some = click.Group()
some_app.add_commands(cli_with_some)


@cli_with_some.command()
def prompt() -> None:
    """The author's own command with the name of one of the app's."""
    click.echo("mine")


typed = typer.Typer()
some_app.add_commands(typed)


@typed.command("hello")
def hello() -> None:
    typer.echo("hello")
    raise typer.Exit(3)
