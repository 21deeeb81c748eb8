"""Workspace: an app, the database of its users and tokens, and the address that people know it by."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import select

from arka_config import timestamps
from arka_config.errors import ConfigError, InvalidUrl
from arka_config.precedence.origin import Origin
from arka_config.workspace.server import accounts, limits, migrations, sign_in, tokens
from arka_config.workspace.server.database import Database
from arka_config.workspace.server.tables import User

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import URL

    from arka_config.app_identity import AppIdentity

DEFAULT_PORT = 8765
DEFAULT_URL = f"http://127.0.0.1:{DEFAULT_PORT}"
_TOKENS_PAGE = "/settings/tokens"
_BILLING_PAGE = "/billing"


class Invitation(NamedTuple):
    """A user, whether they are new, and the link that signs them in once."""

    id: str
    email: str
    plan: str
    is_new: bool
    link: str
    expires: str  # the link's end, as RFC 3339 has it


class Workspace:
    """What the pages and the API are handed. `url` is where people reach it, or empty where that is what they typed."""

    def __init__(self, app: AppIdentity, database: Database, url: str = "") -> None:
        self.app = app
        self.database = database
        self.url = url
        self.sign_in_limit = limits.SIGN_IN
        self.bad_token_limit = limits.BAD_TOKEN

    @classmethod
    def open(cls, app: AppIdentity, database_url: str | URL, url: str = "") -> Workspace:
        """The workspace in a database, its tables brought up to date. Raises ConfigError."""
        tokens.new_token(app)  # an app whose tokens could be guessed is told so now, not when somebody makes one
        url = check_url(url)
        database = Database.open(database_url)
        try:
            migrations.upgrade(database)
        except BaseException:
            database.close()
            raise
        return cls(app, database, url)

    @property
    def tokens_page(self) -> str:
        """The path of the page that lists tokens."""
        return self.app.tokens_page or _TOKENS_PAGE

    @property
    def billing_page(self) -> str:
        """The path of the page with the plan."""
        return self.app.billing_page or _BILLING_PAGE

    def add_user(self, email: str, plan: str | None = None) -> Invitation:
        """Makes the user where there is none, puts them on the plan where one is given, and makes a sign-in link."""
        with self.database.speaking(), self.database.writing() as session:
            user, is_new = accounts.add(session, email, plan)
            code = sign_in.new_code(session, user)
        link = sign_in.link(self.url or DEFAULT_URL, code)
        expires = timestamps.stored(timestamps.now() + sign_in.CODE_LASTS)
        return Invitation(user.id, user.email, user.plan, is_new, link, expires)

    def issue(
        self, email: str, label: str, scopes: Iterable[str] = (), expires: datetime | None = None
    ) -> tokens.Issued:
        """Makes a token for a user who is there, as the tokens page does. For tests and examples."""
        with self.database.writing() as session:
            user_id = session.scalar(select(User.id).where(User.email == accounts.check_email(email)))
            if user_id is None:
                raise ConfigError("there is no such user", hint="add them first")
            return tokens.issue(session, self.app, user_id, label, expires, " ".join(scopes))

    def close(self) -> None:
        """Lets go of the database."""
        self.database.close()


def check_url(url: str) -> str:
    """The origin of the URL, as `Origin` writes it.

    Raises InvalidUrl for one that no token may go to, or that has a path: the pages are at the top of their host.
    """
    if not url:
        return ""
    origin = str(Origin.of(url, "--url"))
    if urlsplit(url).path.strip("/"):
        raise InvalidUrl("--url: a workspace is at the top of its host, and that URL has a path", hint=f"use {origin}")
    return origin
