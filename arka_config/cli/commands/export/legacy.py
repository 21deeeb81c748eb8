"""`export legacy`: writes the file that the Node CLI keeps its token in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.output import terminal
from arka_config.cli.runtime.command import command
from arka_config.errors import ConfigError, OriginConflict
from arka_config.exchange import legacy as legacy_file
from arka_config.exchange.env_paths import legacy_path_to_write
from arka_config.precedence.origin import Origin

if TYPE_CHECKING:
    from arka_config.app import App
    from arka_config.cli.runtime.session import Session
    from arka_config.precedence.credential import TokenInForce


@command()
@click.option("--key", metavar="NAME", help="The key to put the token under; else where one stands, else `token`.")
@click.option("--output", "-o", metavar="PATH", help="Another file than the one that the Node CLI reads.")
@click.option("--force", is_flag=True, help="Write a token that is for another workspace than the Node CLI's.")
def legacy(session: Session, key: str | None, output: str | None, force: bool) -> None:
    """Write the file that the Node CLI reads.

    All else in the file stays. The token in it is plain text: the file is made 0600 and its folder 0700.
    """
    path = output or legacy_project_path(session)
    found = session.token()
    if not force:
        check_origin(session.app, found)
    with session.store.lock:
        written = legacy_file.write_token(path, found.secret, token_prefix=session.app.token_prefix, key=key)
    if session.json:
        session.show_json({"path": written.path, "key": written.key, "changed": written.changed})
    state = "Wrote" if written.changed else "Nothing to change:"
    terminal.say(f"{state} {session.with_tilde(written.path)}, key '{written.key}'", mark="✓")
    terminal.note("the token stands there in plain text")


def check_origin(app: App, found: TokenInForce) -> None:
    """Raises OriginConflict where the Node CLI, which knows one workspace, would send the token to another one."""
    default = app.default_url()
    if default is not None and found.origin != Origin.of(default):
        raise OriginConflict(
            f"the token from {found.token.place} is for {found.origin}, and the Node CLI sends what is in its file to "
            f"{default}; nothing was written",
            hint=f"choose another --profile, or, where that CLI is set up for {found.origin}, add --force",
        )


def legacy_project_path(session: Session) -> str:
    """The Node CLI's file. Raises ConfigError where this app has no older CLI."""
    if session.app.legacy_project is None:
        raise ConfigError(
            f"{session.app.title} has no older CLI to write for", hint=f"{session.app.name} export --help"
        )
    return legacy_path_to_write(session.app.legacy_project, session.environ)
