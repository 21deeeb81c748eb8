"""`export legacy`: write the token to the file that the Node CLI reads."""

from __future__ import annotations

import click

from arka_config.cli.output import terminal
from arka_config.cli.runtime import legacy_sync
from arka_config.cli.runtime.command import Session, command
from arka_config.errors import ConfigError
from arka_config.exchange import legacy as legacy_file
from arka_config.exchange.env_paths import legacy_path_to_write


@command()
@click.option(
    "--key", metavar="NAME", help="The key to write the token to (default: the one that has a token, else `token`)."
)
@click.option("--output", "-o", metavar="PATH", help="Write to this file instead of the Node CLI's.")
@click.option("--force", is_flag=True, help="Write the token even if it is for another workspace than the Node CLI's.")
def legacy(session: Session, key: str | None, output: str | None, force: bool) -> None:
    """Write the token to the file that the Node CLI reads.

    Other keys in the file are kept. The token is stored in plain text, so the file gets mode 0600 and its folder 0700.
    """
    project = session.app.legacy_project
    if output is None and project is None:
        raise ConfigError(
            f"{session.app.title} has no older CLI to write for", hint=f"{session.app.name} export --help"
        )
    path = output or legacy_path_to_write(str(project), session.environ)
    effective = session.token()
    if not force:
        legacy_sync.check_origin(session.app, effective)
    with session.store.lock:
        result = legacy_file.write_token(path, effective.secret, token_prefix=session.app.token_prefix, key=key)
    if session.json:
        session.show_json({"path": result.path, "key": result.key, "changed": result.changed})
    state = "Wrote" if result.changed else "Nothing to change:"
    terminal.say(f"{state} {session.with_tilde(result.path)}, key '{result.key}'", mark="✓")
    terminal.note("the token is stored there in plain text")
