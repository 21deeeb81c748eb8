"""`export dotenv`: write the token and its URL as a .env file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from arka_config.cli.input.options import follow_links_option
from arka_config.cli.output import terminal
from arka_config.cli.runtime import words
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.secret_settings import secret_leaves
from arka_config.errors import ConfigError, InvalidValue
from arka_config.exchange.variables import dotenv_lines
from arka_config.secret import Secret
from arka_config.store import files
from arka_config.text import visible

if TYPE_CHECKING:
    from arka_config.cli.output.documents.machine import FileDocument
    from arka_config.cli.output.documents.templates import TextDocument
    from arka_config.cli.runtime.session import Session


@command()
@click.option(
    "--output", "-o", metavar="PATH", type=words.FILE, help="Write to a file (mode 0600) instead of standard output."
)
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@follow_links_option
def dotenv(session: Session, output: str | None, force: bool, follow_links: bool) -> None:
    """Write the token, its URL and other stored secrets as a .env file.

    Do not commit this file. `{app} exec` passes a token to a program without one.
    """
    app = session.app
    if output is not None and not follow_links:
        files.refuse_link(output)
    effective = session.fetch_token()
    values = {app.token_field.variable: effective.secret.reveal(), app.url_field.variable: str(effective.url.value)}
    text = dotenv_lines(values) + _other_secrets(session)
    if output is None:
        document: TextDocument = {"text": text}
        session.show(document, text.rstrip("\n"), reveal=True)
        return
    path = os.path.abspath(output)
    if files.exists(path) and not force:
        raise ConfigError(
            f"{visible(path)} already exists and would be overwritten", hint="name another file, or add --force"
        )
    session.store.write_outside(path, text, follow_links=follow_links)
    written: FileDocument = {"path": path}
    session.report(written, f"Wrote {session.with_tilde(path)}")
    terminal.note("the token is stored there in plain text")


def _other_secrets(session: Session) -> str:
    """Return the lines for the other stored secrets. A value that programs read differently is left out, with a
    warning."""
    lines, leaves, name = "", secret_leaves(session.app), session.resolution.name
    if not leaves or name is None:
        return lines
    _, resolution = session.settings()
    stored = session.store.secrets.fields(name)
    for leaf in leaves.values():
        found = resolution.resolve(leaf.field) if leaf.field.name in stored else None
        if found is None or not isinstance(found.value, Secret):
            continue
        try:
            lines += dotenv_lines({leaf.field.variable: found.value.reveal()})
        except InvalidValue as error:
            terminal.warn(f"{error.message}; it is left out")
    return lines
