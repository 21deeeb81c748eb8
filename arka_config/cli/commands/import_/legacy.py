"""`import legacy`: takes the Node CLI's token over into a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config import timestamps
from arka_config.cli.output import terminal
from arka_config.cli.runtime.command import command
from arka_config.errors import ConfigError, NoToken
from arka_config.exchange import legacy as legacy_file
from arka_config.exchange.env_paths import legacy_path
from arka_config.precedence.origin import Origin
from arka_config.precedence.profile import DEFAULT_PROFILE
from arka_config.secret import masked
from arka_config.store.tokens import Credential
from arka_config.text import visible

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session


@command()
@click.option("--key", metavar="NAME", help="The key that the token stands under, where it is not plain which one.")
@click.option("--input", "-i", "source", metavar="PATH", help="Another file than the one that the Node CLI reads.")
@click.option("--api-url", metavar="URL", help="The workspace that the token is for, where it is not the usual one.")
@click.option("--delete/--keep", default=None, help="Take the token out of the file afterwards, or leave it there.")
@click.option("--force", is_flag=True, help="Replace another token of the profile.")
def legacy(
    session: Session, key: str | None, source: str | None, api_url: str | None, delete: bool | None, force: bool
) -> None:
    """Take the token over from the Node CLI's file, into a profile.

    The profile is `--profile`, else `default`. The file does not say which workspace its token is for: it is taken to
    be the usual one, unless `--api-url` says another. The file's plain copy is deleted where you say so.
    """
    app = session.app
    name = session.profile or DEFAULT_PROFILE
    path = source or _path(session)
    found = legacy_file.find_token(path, app.token_prefix, key)
    if found is None:
        raise NoToken(f"{visible(path)}: there is no token", hint=f"{app.name} login")
    url = api_url or app.default_url() or ""
    origin = Origin.of(url, app.url_field.option)
    app.check_token(found.token, url)
    before = session.store.tokens.read(name)
    if before is not None and before.token != found.token and not force:
        raise ConfigError(
            f"profile '{name}' has another token, which would be lost", hint="choose another --profile, or add --force"
        )
    credential = Credential(found.token, origin, created=timestamps.stored(timestamps.now()))
    if before is not None and before.token == found.token and before.origin == origin:
        credential = before  # which knows its label and its end
    is_active = session.store.log_in(name, credential)
    deleted = _deleted(session, path, found.key, delete)
    if session.json:
        session.show_json({"profile": name, "active": is_active, "path": path, "key": found.key, "deleted": deleted})
    token = masked(found.token.reveal(), app.token_prefix)
    terminal.say(f"Took {token} over from {session.with_tilde(path)} into profile '{name}' (unverified)", mark="✓")
    if deleted:
        terminal.say("  Deleted the plain copy there; the Node CLI has no token now")
    else:
        terminal.note(f"the plain copy is still there: {app.name} import legacy --delete --profile {name}")


def _path(session: Session) -> str:
    if session.app.legacy_project is None:
        raise ConfigError(f"{session.app.title} has no older CLI to take over from", hint=f"{session.app.name} login")
    return legacy_path(session.app.legacy_project, session.environ)


def _deleted(session: Session, path: str, key: str, delete: bool | None) -> bool:
    """Takes the plain copy out of the file where that was said, or is said now; whether it was."""
    if delete is None:
        if not session.can_ask:
            return False
        delete = terminal.confirm(f"Delete the plain copy in {session.with_tilde(path)}?")
    if delete:
        with session.store.lock:
            legacy_file.remove_token(path, key)
    return delete
