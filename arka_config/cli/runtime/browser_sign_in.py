"""Sign in through the browser: find the server, get a token, and revoke it if it is not stored."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from arka_config.cli.input.browser_approval import get_approval
from arka_config.cli.output import terminal
from arka_config.errors import ConfigError, NoWorkspaceApi, WorkspaceUnreachable
from arka_config.precedence.origin import Origin
from arka_config.precedence.values import PROFILE, ResolvedValue
from arka_config.secret import Secret
from arka_config.store.journal import LOGIN
from arka_config.store.resolution import Resolution
from arka_config.store.sign_in_cache import SignInCache
from arka_config.text import is_printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arka_config.cli.runtime.session import Session
    from arka_config.store.journal import Entry
    from arka_config.workspace.client.sign_in.server import AuthorizationServer, Granted

_MAX_MACHINE = 100  # characters


def find_server(session: Session, resolution: Resolution, url: ResolvedValue) -> AuthorizationServer | None:
    """The server that issues tokens for a workspace. None if it does not support this, or cannot be reached.

    Raises WorkspaceFault for metadata that cannot be trusted, and ConfigError for an unusable connection setting.
    """
    from arka_config.workspace.client.connection import Connection
    from arka_config.workspace.client.sign_in import metadata
    from arka_config.workspace.client.sign_in.server import AuthorizationServer

    issuer = session.app.issuer(str(url.value))
    if not issuer:
        return None
    connection = Connection.from_settings(resolution)
    cache = _cache(session)
    found = metadata.parse_cached(cache.read(issuer), issuer)
    if found is None:
        try:
            found = metadata.fetch(issuer, connection)
        except WorkspaceUnreachable as error:
            terminal.note(f"cannot find out whether you can sign in through the browser: {error.message}")
            return None
        cache.write(issuer, None if found is None else found.to_document())
    return None if found is None else AuthorizationServer(session.app, found, connection)


def withdraw(session: Session, entry: Entry) -> None:
    """Withdraw the sign-in that a killed command left in the journal. Raises NoWorkspaceApi if that cannot be done."""
    field = session.app.url_field
    url = ResolvedValue(field, entry.origin, PROFILE)
    resolution = Resolution(session.store, session.environ, profile=entry.profile, may_be_new=True)
    server = find_server(session, resolution, url)
    if server is None or not server.withdraw(Secret(entry.key), "authorization_code"):
        raise NoWorkspaceApi(f"{entry.origin} cannot withdraw a sign-in now")


def _cache(session: Session) -> SignInCache:
    return SignInCache(session.store.folders.state, session.store.lock)


class SignInRecord:
    """The journal's record of one sign-in: a code and what it is exchanged for, until the token is stored or revoked.

    If the program is killed, a later command withdraws the code, and with it the token.
    """

    def __init__(self, session: Session, profile: str, origin: Origin, label: str) -> None:
        self._journal = session.store.journal
        self._profile = profile
        self._origin = str(origin)
        self._label = label
        self._entry: Entry | None = None

    def begin(self, code: Secret) -> None:
        """Record a code that is about to be exchanged. Raises LockTimeout, FileError."""
        self._entry = self._journal.begin(
            LOGIN, profile=self._profile, origin=self._origin, label=self._label, key=code.reveal()
        )

    def identify(self, token_id: str) -> None:
        """Record the id of the token. Raises LockTimeout, FileError."""
        if self._entry is not None and token_id:
            self._entry.identify(token_id)

    def finish(self) -> None:
        """Remove the record: the token is stored or revoked."""
        if self._entry is not None:
            self._entry.finish()


@contextlib.contextmanager
def obtain_token(
    session: Session, server: AuthorizationServer, profile: str, url: str, *, label: str, no_browser: bool
) -> Iterator[Granted | None]:
    """Get a token for a profile, to be stored in the block. If the block raises, the token is revoked.

    None if the server supports no way that works here.
    """
    from arka_config.workspace.client.sign_in.server import Requester

    record = SignInRecord(session, profile, Origin.of(url), label)
    try:
        granted = get_approval(
            session, server, Requester(machine_name(), profile, label), record, no_browser=no_browser
        )
    except NoWorkspaceApi:  # the endpoints have moved since the metadata was cached
        _cache(session).write(server.metadata.issuer, None)
        raise
    try:
        if granted is not None:
            record.identify(granted.id)
        yield granted
    except BaseException:
        if granted is not None and _revoke(session, server, url, granted):
            record.finish()
        raise
    record.finish()


def _revoke(session: Session, server: AuthorizationServer, url: str, granted: Granted) -> bool:
    """Revoke a token that was not stored, or name the page on which the user can. Return whether it was revoked."""
    from arka_config.workspace.client.client import WorkspaceClient

    with contextlib.suppress(ConfigError):
        if not server.withdraw(granted.token, "access_token"):
            WorkspaceClient(session.app, url, granted.token, server.connection).revoke()
        return True
    page = session.app.page(session.app.tokens_page, url)
    terminal.warn("the new token was not stored, and could not be revoked", hint=f"revoke it on {page}")
    return False


def machine_name() -> str:
    """The name of this machine, for the approval page."""
    import socket

    name = socket.gethostname()[:_MAX_MACHINE]
    return name if is_printable(name) else ""
