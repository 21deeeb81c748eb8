"""Import the Node CLI's token into a profile: for `import legacy`, and for a first `login`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config import timestamps
from arka_config.cli.output import terminal
from arka_config.errors import ConfigError, NoToken
from arka_config.exchange import legacy as legacy_file
from arka_config.exchange.env_paths import trusted_legacy_path
from arka_config.precedence.origin import Origin
from arka_config.store.tokens import Credential
from arka_config.text import quote_path, visible

if TYPE_CHECKING:
    from arka_config.cli.output.documents.machine import LegacyImportDocument
    from arka_config.cli.runtime.session import Session
    from arka_config.secret import Secret


def find_file(session: Session) -> str | None:
    """The path of the Node CLI's file if there is a token in it; None also if it cannot be read."""
    project = session.app.legacy_project
    if project is None:
        return None
    try:
        path = trusted_legacy_path(project, session.environ)
        return path if legacy_file.find_token(path, session.app.token_prefixes) is not None else None
    except ConfigError:  # `import legacy` says what is wrong with it
        return None


def import_token(
    session: Session,
    name: str,
    *,
    key: str | None = None,
    source: str | None = None,
    api_url: str | None = None,
    delete: bool | None = None,
    tighten: bool | None = None,
    force: bool = False,
) -> None:
    """Import the token into a profile. The options are those of `import legacy`."""
    app = session.app
    if source is None and app.legacy_project is None:
        raise ConfigError(f"{app.title} has no older CLI to import from", hint=f"{app.name} login")
    path = source or trusted_legacy_path(str(app.legacy_project), session.environ)
    found = legacy_file.find_token(path, app.token_prefixes, key)
    is_open = _report_mode(session, path)
    if found is None:
        raise NoToken(f"{visible(path)}: there is no token", hint=f"{app.name} login")
    url = api_url or str(session.flags.get("api_url") or app.default_url() or "")
    origin = Origin.of(url, app.url_field.option)
    app.check_token(found.token, url)
    is_active = session.store.log_in(name, _credential(session, name, found.token, origin, force=force))
    deleted = _delete_copy(session, path, found.key, delete)
    tightened = is_open and not deleted and _tighten(session, path, tighten)
    if session.json:
        document: LegacyImportDocument = {
            "profile": name,
            "active": is_active,
            "path": path,
            "key": found.key,
            "deleted": deleted,
            "tightened": tightened,
        }
        session.show_json(document)
    token = app.mask(found.token.reveal())
    terminal.say(f"Imported {token} from {session.with_tilde(path)} into profile '{name}' (unverified)", mark="✓")
    if deleted:
        terminal.say("  Deleted the plain copy there; the Node CLI has no token now")
    else:
        terminal.note(f"the plain copy is still there: {app.name} import legacy --delete --profile {name}")
    if tightened:
        terminal.say(f"  Closed {session.with_tilde(path)} to other users")
    elif is_open and not deleted:
        terminal.note(f"other users can still open that file: chmod 600 {quote_path(path)}, or add --tighten")


def _credential(session: Session, name: str, token: Secret, origin: Origin, *, force: bool) -> Credential:
    """Return the credential to store: the profile's own, with its label and expiry, if it has this token already.

    Raises ConfigError if the profile has another token, unless `force`.
    """
    stored = session.store.tokens.read(name)
    if stored is not None and stored.token == token and stored.origin == origin:
        return stored
    if stored is not None and stored.token != token and not force:
        raise ConfigError(
            f"profile '{name}' has another token, which would be lost", hint="choose another --profile, or add --force"
        )
    return Credential(token, origin, created=timestamps.to_text(timestamps.now()))


def _delete_copy(session: Session, path: str, key: str, delete: bool | None) -> bool:
    """Delete the token from the file if `--delete` or the user says so. Return whether it was deleted."""
    if delete is None:
        if not session.can_ask:
            return False
        delete = terminal.confirm(f"Delete the plain copy in {session.with_tilde(path)}?")
    if delete:
        with session.store.lock:
            legacy_file.remove_token(path, key)
    return delete


def _report_mode(session: Session, path: str) -> bool:
    """Return whether other users can open the file. Warn if they can also change it: the token may be another's."""
    if legacy_file.is_writable_by_all(path):
        terminal.warn(
            f"every user of this machine can write to {session.with_tilde(path)}, as npm conf leaves it",
            hint="check that the token is yours before you use it",
        )
    return legacy_file.is_exposed(path) or legacy_file.is_writable_by_all(path)


def _tighten(session: Session, path: str, tighten: bool | None) -> bool:
    """Close the file to other users if `--tighten` or the user says so. Return whether it was closed."""
    if tighten is None:
        tighten = session.can_ask and terminal.confirm(f"Close {session.with_tilde(path)} to other users?")
    if tighten:
        legacy_file.tighten(path)
    return tighten
