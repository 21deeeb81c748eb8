"""The commands: two of this program, and those that come with the app."""

from __future__ import annotations

import click
import httpx

from weather import app
from weather.settings import Settings


@click.group()
def cli() -> None:
    """Show the weather."""


app.add_commands(cli)


@cli.command()
@click.argument("place")
@app.pass_settings(Settings, options=["display.days", "display.units"])
def forecast(settings: Settings, place: str) -> None:
    """Show the forecast for a place."""
    for day in range(1, settings.display.days + 1):
        celsius = (sum(map(ord, place)) + 7 * day) % 30
        shown = f"{celsius} °C" if settings.display.units == "metric" else f"{celsius * 9 // 5 + 32} °F"
        click.echo(f"{place}, day {day}: {shown}")


@cli.command()
@app.pass_settings
def account(settings: Settings) -> None:
    """Show the account that the token belongs to."""
    response = httpx.get(
        f"{str(settings.api_url).rstrip('/')}/api/v1/me",
        headers={"Authorization": f"Bearer {settings.token.reveal()}"},
        timeout=settings.timeout,
    )
    if response.status_code != httpx.codes.OK:
        raise click.ClickException(f"the service answered {response.status_code}")
    click.echo(f"{response.json()['user']['email']} ({settings.source_of('token').layer})")
