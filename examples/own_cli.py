"""`weather`, an imaginary CLI that gets login, profiles, precedence and provenance from arka-config.

printf %s "$TOKEN" | python examples/own_cli.py login --profile home --with-token
WEATHER_DISPLAY__DAYS=5 python examples/own_cli.py forecast Oslo
"""

from __future__ import annotations

import sys
from typing import Literal

import click
from pydantic import BaseModel, Field, HttpUrl

from arka_config import App, ConfigError, ProfileSettings, Token
from arka_config.cli.run import run

app = App("weather", settings=f"{__name__}:Settings", token_prefix="wx_", api_url="https://api.weather.example")


class Display(BaseModel):
    units: Literal["metric", "imperial"] = "metric"
    days: int = Field(3, ge=1, le=14)


class Settings(ProfileSettings, app=app):
    token: Token
    api_url: HttpUrl = HttpUrl("https://api.weather.example")
    timeout: float = 30
    display: Display = Display()


@click.group(epilog="Also: login, logout, status, use, profiles, config and the other commands of arka-config.")
def weather() -> None:
    """The weather, for those who have a token."""


@weather.command()
@click.argument("place")
@click.option("-p", "--profile", help="The profile to use, whatever the environment says.")
@click.option("--display-days", type=int, help="How many days.")
def forecast(place: str, profile: str | None, display_days: int | None) -> None:
    """Say what would be asked for, and who said so."""
    settings = Settings.load(profile=profile, flags={"display.days": display_days})
    click.echo(f"GET {settings.api_url}forecast/{place}, {settings.display.days} days, {settings.display.units}")
    for name in ("token", "display.days"):
        finding = settings.origin(name)
        click.echo(f"{name}: {finding.layer}, {finding.place}")


def main() -> int:
    """Runs `weather`'s own commands, and leaves every other word to arka-config's."""
    if sys.argv[1:] and sys.argv[1] not in (*weather.commands, "--help"):
        return run(app)
    try:
        weather(prog_name=app.name, standalone_mode=False)
    except ConfigError as error:
        click.echo(f"error: {error.message}\nhint: {error.hint}", err=True)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
