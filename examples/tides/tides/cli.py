"""The settings, and the commands: one of this program, and some of those that come with the app."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer
from pydantic import Field, HttpUrl

from arka_config import ProfileSettings, Token
from tides import app


class Unit(StrEnum):
    METRES = "metres"
    FEET = "feet"


class Settings(ProfileSettings, app=app):
    token: Token
    api_url: HttpUrl = HttpUrl("https://api.tides.example")
    unit: Unit = Field(default=Unit.METRES, description="unit of heights")


cli = typer.Typer(add_completion=False)


@cli.callback()
def program() -> None:
    """Show the tides."""


app.add_commands(cli)


@cli.command()
@app.pass_settings(Settings, options=["unit"])
def high(settings: Settings, port: Annotated[str, typer.Argument(help="The port.")], upper: bool = False) -> None:
    """Show the height of high tide."""
    decimetres = sum(map(ord, port)) % 40
    feet = f"{decimetres / 3.048:.1f} feet"
    text = f"{port}: {feet if settings.unit is Unit.FEET else f'{decimetres / 10:.1f} metres'}"
    typer.echo(text.upper() if upper else text)
