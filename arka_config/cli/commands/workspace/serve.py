"""`workspace serve`: the tokens page and the API, until it is told to end."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from arka_config.cli.output import terminal
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.workspace_server import database_option, database_url, require_server_extra, url_option

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session
    from arka_config.workspace.server.workspace import Workspace


@command()
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="The port; 0 takes a free one."
)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="How many processes serve.")
@url_option
@database_option
def serve(session: Session, host: str, port: int, workers: int, url: str, **options: str) -> None:
    """Serve the tokens page and the API, until Ctrl-C or SIGTERM.

    \b
    {app} workspace serve
    {app} workspace add-user you@example.com --plan pro      in another terminal

    Other machines reach it through a proxy that ends TLS, at the address that --url names.
    """
    with require_server_extra():
        from arka_config.workspace.server import serving
        from arka_config.workspace.server import workspace as workspaces

        database = database_url(session, options["database_url"])
        workspace = workspaces.Workspace.open(
            session.app, database, url
        )  # brings the tables up to date, before any worker
        workspace.close()
    service = serving.Service(session.app, database, workspace.url, host)
    with serving.listen(host, port) as listener:
        if serving.is_exposed(host) and not workspace.url:
            terminal.warn(
                f"{host} is reached from other machines, in clear text: who listens in on the network sees the tokens",
                hint="listen on 127.0.0.1 behind a proxy that ends TLS, and name it with --url https://HOST",
            )
        given = options["database_url"]
        serving.serve(service, listener, workers, lambda: _tell(session, workspace, serving.address(listener), given))
    terminal.say("stopped")


def _tell(session: Session, workspace: Workspace, address: str, database: str) -> None:
    """Where it serves: for a person, and for a program that waits for the line."""
    from arka_config.workspace.server.workspace import DEFAULT_URL

    url = workspace.url or address
    again = f" --url {url}" if url != DEFAULT_URL else ""
    again += " --database-url URL" if database else ""
    at = "" if url == address else f", on {address}"
    terminal.say(f"Serving the workspace of {session.app.title} at {url}{at}", mark="✓")
    terminal.say(f"  database: {session.with_tilde(workspace.database.url)}")
    terminal.say(f"  to add a user, in another terminal: {session.app.name} workspace add-user EMAIL --plan pro{again}")
    terminal.say("  Ctrl-C ends it")
    if session.json:
        terminal.out(json.dumps({"url": url}))  # one line, for a script that reads it and goes on
        sys.stdout.flush()
