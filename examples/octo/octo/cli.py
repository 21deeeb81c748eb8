"""The commands: two of this program, and those that come with the app."""

from __future__ import annotations

from typing import Any

import click
import httpx

from octo import app
from octo.settings import Settings


@click.group()
@app.profile_option
def cli() -> None:
    """Show your repositories on GitHub, and on servers with the same API."""


app.add_commands(cli)


@cli.command()
@app.profile_option
@app.settings_options(Settings, only=["per_page"])
@app.pass_settings
def repos(settings: Settings) -> None:
    """List the repositories that you pushed to last."""
    query = {"sort": "pushed", "per_page": settings.per_page}
    for repository in get(settings, "/user/repos", query):
        visibility = "private" if repository["private"] else "public"
        click.echo(f"{repository['full_name']} ({visibility})")


@cli.command()
@app.profile_option
@app.pass_settings
def whoami(settings: Settings) -> None:
    """Show the user that the token belongs to."""
    click.echo(f"{get(settings, '/user')['login']} at {settings.api_url.host}")


def get(settings: Settings, path: str, query: dict[str, Any] | None = None) -> Any:
    """Return the JSON of a response. A redirect is not followed: the token is for this host only."""
    try:
        response = httpx.get(
            f"{str(settings.api_url).rstrip('/')}{path}",
            params=query,
            headers={"Authorization": f"Bearer {settings.token.reveal()}", "Accept": "application/vnd.github+json"},
            timeout=settings.timeout,
        )
    except httpx.HTTPError as error:
        raise click.ClickException(f"the request failed: {type(error).__name__}") from None
    if response.status_code != httpx.codes.OK:
        raise click.ClickException(f"{path}: {response.status_code} {response.json().get('message', '')}")
    return response.json()
