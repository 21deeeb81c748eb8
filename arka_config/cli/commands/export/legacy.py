"""`export legacy`: write the token to the file that the Node CLI reads."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from arka_config.cli.input.options import follow_links_option
from arka_config.cli.output import terminal
from arka_config.cli.runtime import legacy_sync, words
from arka_config.cli.runtime.command import command
from arka_config.errors import Cancelled, ConfigError, OriginConflict
from arka_config.exchange import legacy as legacy_file
from arka_config.exchange.env_paths import trusted_legacy_path
from arka_config.store import files

if TYPE_CHECKING:
    from arka_config.cli.output.documents.machine import LegacyExportDocument
    from arka_config.cli.runtime.session import Session
    from arka_config.precedence.credential import EffectiveToken


@command()
@click.option(
    "--key",
    metavar="NAME",
    help="The key for the token, as `auth.apiKey` (default: the one that has a token, else `token`).",
)
@click.option("--output", "-o", metavar="PATH", type=words.FILE, help="Write to this file instead of the Node CLI's.")
@click.option("--force", is_flag=True, help="Write the token although it is for another workspace, and remember that.")
@follow_links_option
def legacy(session: Session, key: str | None, output: str | None, force: bool, follow_links: bool) -> None:
    """Write the token to the file that the Node CLI reads.

    Other keys in the file are kept. The token is stored in plain text, so the file gets mode 0600 and its folder 0700.
    If the token is for another workspace than the app's own, you are asked once whether the Node CLI uses that one.
    """
    project = session.app.legacy_project
    if output is None and project is None:
        raise ConfigError(
            f"{session.app.title} has no older CLI to write for", hint=f"{session.app.name} export --help"
        )
    if output is not None and not follow_links:
        files.refuse_link(output)
    path = os.path.abspath(output) if output else trusted_legacy_path(str(project), session.environ)
    effective = session.fetch_token()
    _check_origin(session, effective, path, force=force)
    with session.store.lock:
        result = legacy_file.write_token(path, effective.secret, token_prefix=session.app.token_prefixes, key=key)
    if session.json:
        document: LegacyExportDocument = {"path": result.path, "key": result.key, "changed": result.changed}
        session.show_json(document)
    state = "Wrote" if result.changed else "Nothing to change:"
    terminal.say(f"{state} {session.with_tilde(result.path)}, key '{result.key}'", mark="✓")
    terminal.note("the token is stored there in plain text")


def _check_origin(session: Session, effective: EffectiveToken, path: str, *, force: bool) -> None:
    """Let the user allow a workspace for this file, once. Raises OriginConflict, or Cancelled on a no."""
    try:
        legacy_sync.check_origin(session, effective, path)
    except OriginConflict as error:
        if not force:
            if not session.can_ask:
                raise
            terminal.say(f"The token is for {effective.origin}; the Node CLI's own workspace is another one.")
            if not terminal.confirm(f"Is the Node CLI set up for {effective.origin}, and may it have this token?"):
                raise Cancelled("nothing was written", hint=error.hint) from None
        legacy_sync.allow_origin(session, effective, path)
        place = session.with_tilde(path)
        terminal.note(f"remembered: tokens for {effective.origin} may be written to {place}, also by legacy_sync")
