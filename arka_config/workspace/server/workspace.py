"""Workspace: an app, the database of its users and tokens, and its public URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from arka_config import timestamps
from arka_config.errors import InvalidUrl
from arka_config.precedence.origin import Origin
from arka_config.workspace.server import accounts, migrations, records, tokens
from arka_config.workspace.server.bad_tokens import BadTokens
from arka_config.workspace.server.database import Database
from arka_config.workspace.server.verification import Verifier

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import URL
    from sqlalchemy.orm import Session

    from arka_config.app_identity import AppIdentity
    from arka_config.workspace.server.issuing import Bounds
    from arka_config.workspace.server.signing_keys import SigningKeys
    from arka_config.workspace.server.single_sign_on.provider import Provider
    from arka_config.workspace.server.tables import User

DEFAULT_PORT = 8765
DEFAULT_URL = f"http://127.0.0.1:{DEFAULT_PORT}"
_LONG = 60.0  # seconds for a statement of a command that concerns many tokens
_TOKENS_PAGE = "/settings/tokens"
_BILLING_PAGE = "/billing"


class Invitation(NamedTuple):
    """A user, whether they are new, and a link that signs them in once."""

    id: str
    email: str
    plan: str
    is_new: bool
    link: str
    expires: str  # of the link, as an RFC 3339 timestamp


class Workspace:
    """What pages and API calls work with. `url` is the public URL; if empty, the URL of the request is used.

    With `allow_upgrade`, users can change their own plan on the billing page. `leak_keys` are the keys of the
    secret-scanning partners that may report leaked tokens. Users may sign in at the `single_sign_on` provider, if any.
    """

    def __init__(
        self,
        app: AppIdentity,
        database: Database,
        url: str = "",
        *,
        allow_upgrade: bool = False,
        leak_keys: SigningKeys | None = None,
        single_sign_on: Provider | None = None,
    ) -> None:
        self.app = app
        self.database = database
        self.url = url
        self.allow_upgrade = allow_upgrade
        self.leak_keys = leak_keys
        self.single_sign_on = single_sign_on
        self.verifier = Verifier(app, database)
        self.blocked = records.BlockedAddresses()
        self.bad_tokens = BadTokens(database, self.blocked)
        self.sign_in_limit = records.SIGN_IN_LIMIT
        self.bad_token_limit = records.BAD_TOKEN_LIMIT
        self.login_request_limit = records.LOGIN_REQUEST_LIMIT
        self.user_code_limit = records.USER_CODE_LIMIT
        self.found_token_limit = records.FOUND_TOKEN_LIMIT
        self.bad_report_limit = records.BAD_REPORT_LIMIT

    @classmethod
    def open(cls, app: AppIdentity, database_url: str | URL, url: str = "", *, migrate: bool = False) -> Workspace:
        """Open the workspace in a database. A SQLite file is migrated, and with `migrate` PostgreSQL too.

        Raises ConfigError: OutdatedSchema if PostgreSQL must be migrated first.
        """
        tokens.generate_token(app)  # reports a token format that is too short now, not when the first token is created
        url = check_url(url)
        database = Database.open(database_url)
        try:
            (migrations.migrate if migrate else migrations.prepare)(database)
        except BaseException:
            database.close()
            raise
        return cls(app, database, url)

    @property
    def tokens_page(self) -> str:
        """The path of the page that lists tokens."""
        return _path_of(self.app.tokens_page) or _TOKENS_PAGE

    @property
    def activity_page(self) -> str:
        """The path of the page with the audit log, next to the tokens page."""
        return self.tokens_page.rpartition("/")[0] + "/activity"

    @property
    def billing_page(self) -> str:
        """The path of the page with the plan."""
        return _path_of(self.app.billing_page) or _BILLING_PAGE

    def add_user(self, email: str, plan: str | None = None) -> Invitation:
        """Get or create a user, set the plan if one is given, and create a sign-in link."""
        with self.database.report_errors(), self.database.write() as session:
            user, is_new = accounts.add(session, email, plan)
            return self._invite(session, user, is_new=is_new)

    def add_service_account(self, name: str, plan: str | None = None) -> tuple[accounts.ListedUser, bool]:
        """Get or create a service account, and set the plan if one is given. Return it and if it is new."""
        with self.database.report_errors(), self.database.write() as session:
            user, is_new = accounts.add_service(session, name, plan)
            return accounts.describe(session, user), is_new

    def create_link(self, email: str) -> Invitation:
        """Create a sign-in link for an existing user. Raises UnknownUser."""
        with self.database.report_errors(), self.database.write() as session:
            return self._invite(session, accounts.find(session, email))

    def _invite(self, session: Session, user: User, *, is_new: bool = False) -> Invitation:
        code = accounts.create_code(session, user)
        link = accounts.sign_in_link(self.url or DEFAULT_URL, code)
        expires = timestamps.to_text(timestamps.now() + accounts.CODE_LIFETIME)
        return Invitation(user.id, user.email, user.plan, is_new, link, expires)

    def list_users(self) -> list[accounts.ListedUser]:
        """List all users, in the order of their e-mail addresses."""
        with self.database.report_errors(), self.database.read(_LONG) as session:
            return accounts.list_users(session)

    def find_user(self, email: str) -> accounts.ListedUser:
        """Find a user. Raises UnknownUser."""
        with self.database.report_errors(), self.database.read(_LONG) as session:
            return accounts.describe(session, accounts.find(session, email))

    def set_plan(self, email: str, plan: str) -> User:
        """Change a user's plan. Raises UnknownUser."""
        with self.database.report_errors(), self.database.write() as session:
            user = accounts.find(session, email)
            accounts.set_plan(session, user, plan)
            return user

    def remove_user(self, email: str) -> accounts.ListedUser:
        """Delete a user with all tokens and sessions, and return what was deleted. Raises UnknownUser."""
        with self.database.report_errors(), self.database.write(_LONG) as session:
            return accounts.remove(session, accounts.find(session, email))

    def issue(
        self,
        email: str,
        label: str,
        scopes: Iterable[str] = (),
        expires: datetime | None = None,
        bounds: Bounds | None = None,
    ) -> tokens.Issued:
        """Create a token for an existing user or service account. Raises UnknownUser, InvalidValue."""
        with self.database.report_errors(), self.database.write() as session:
            user_id = accounts.find(session, email).id
            return tokens.issue(session, self.app, user_id, label, expires, " ".join(scopes), bounds=bounds)

    def close(self) -> None:
        """Write what is only in memory, and close the database."""
        self.verifier.close()
        self.bad_tokens.close()
        self.database.close()


def check_url(url: str) -> str:
    """Return the URL's origin.

    Raises InvalidUrl if no token may be sent to it, or if it has a path: the pages are at the root of their host.
    """
    if not url:
        return ""
    origin = str(Origin.of(url, "--url"))
    if urlsplit(url).path.strip("/"):
        raise InvalidUrl("--url: a workspace is at the root of its host, and that URL has a path", hint=f"use {origin}")
    return origin


def _path_of(page: str) -> str:
    """The path of a page that the app declares as a path, or as a URL on another host."""
    return urlsplit(page).path.rstrip("/")
