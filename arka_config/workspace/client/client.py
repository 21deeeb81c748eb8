"""Workspace: the calls of one workspace's API, made with one token."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from arka_config.errors import InvalidValue, RequestRefused
from arka_config.precedence.origin import Origin
from arka_config.workspace.client import api_errors
from arka_config.workspace.client.models import Identity, Issued, TokenDetails
from arka_config.workspace.client.transport import Request, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, TypeVar

    from arka_config.app import App
    from arka_config.secret import Secret
    from arka_config.workspace.client.connection import Connection
    from arka_config.workspace.client.transport import Answer

    T = TypeVar("T")

CURRENT = "current"  # the id of the token that asks
_PAGE = 100  # tokens; the most that a workspace gives at once
_MOST_PAGES = 200
_ID = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_GONE = (401, 404)  # what a token that has just been revoked, or its id, is answered with


class WorkspaceClient:
    """One workspace, for one token. `url` is its origin and the path below which its API begins, if any.

    Every call raises InvalidToken, ProRequired, and the kinds of WorkspaceError. The token goes to the origin of the
    URL and nowhere else: no redirect is followed.
    """

    def __init__(self, app: App, url: str, token: Secret, connection: Connection) -> None:
        self.app = app
        self.url = url.rstrip("/")
        self.origin = Origin.of(url)
        self.token = token
        self.connection = connection

    def __repr__(self) -> str:
        return f"Workspace({self.url!r})"

    def with_token(self, token: Secret) -> WorkspaceClient:
        """The same workspace, asked with another token."""
        return WorkspaceClient(self.app, self.url, token, self.connection)

    def me(self) -> Identity:
        """Who the token belongs to, and what the workspace knows of it."""
        what = "verify a token"
        return self._read(Identity.of, self._asked("GET", "me", what), what)

    def tokens(self) -> list[TokenDetails]:
        """Every token of the user, the newest first. Raises NotPermitted."""
        what = "list tokens"
        found: list[TokenDetails] = []
        cursor = ""
        for _ in range(_MOST_PAGES):
            query = f"?limit={_PAGE}" + (f"&cursor={_quoted(cursor)}" if cursor else "")
            page, after = self._read(_page, self._asked("GET", f"tokens{query}", what), what)
            found += page
            if not after or after == cursor:
                return found
            cursor = after
        raise api_errors.not_understood(self.origin, f"the list of tokens has more than {_MOST_PAGES} pages")

    def create(self, label: str, *, expires: str = "", scopes: Sequence[str] = ()) -> Issued:
        """A new token. `expires` is a timestamp as it is stored, or empty for none. Raises NotPermitted."""
        body = {"label": label, "expires": expires or None, "scopes": list(scopes)}
        return self._issued("tokens", "make a token", body)

    def rotate(self, expires: str | None = None) -> Issued:
        """A new token in place of this one, which works until it is revoked itself.

        With None, the new one lives as long as this one did from its start; an empty `expires` is no end.
        """
        body = None if expires is None else {"expires": expires or None}
        return self._issued(f"tokens/{CURRENT}/rotate", "rotate a token", body)

    def revoke(self, id: str = CURRENT) -> None:  # noqa: A002  # its name at the workspace
        """Revokes a token; without an id, the one that asks. Raises RequestRefused where there is no such token."""
        if not id or not _ID.issuperset(id):
            raise InvalidValue("the id of a token holds a character that it may not")
        what = "revoke a token"
        found = answer(self._request("DELETE", f"tokens/{id}"), self.connection)
        if found.status == 204 or (found.is_repeated and found.status in _GONE):  # the first try has done it
            return
        if found.status == 404 and api_errors.is_problem(found, "not-found"):
            raise RequestRefused(f"{self.origin} knows no token {id} of yours", hint=f"{self.app.name} tokens list")
        self._checked(found, what)
        api_errors.document_of(found, self.origin, what)  # a page that answers 200 to everything has revoked nothing

    def _issued(self, path: str, what: str, body: Mapping[str, object] | None) -> Issued:
        return self._read(lambda document: Issued.of(document, self.app), self._asked("POST", path, what, body), what)

    def _asked(self, method: str, path: str, what: str, body: Mapping[str, object] | None = None) -> Answer:
        content = None if body is None else json.dumps(body).encode()
        return self._checked(answer(self._request(method, path, content), self.connection), what)

    def _request(self, method: str, path: str, content: bytes | None = None) -> Request:
        if not self.token.reveal().isascii():  # no header holds it, and no workspace has made it
            raise api_errors.invalid_token(self.app, self.url)
        return Request(method, f"{self.url}/api/v1/{path}", self.origin, self.token, content)

    def _checked(self, found: Answer, what: str) -> Answer:
        if not 200 <= found.status < 300:
            raise api_errors.refused(found, self.app, self.url, what)
        return found

    def _read(self, reader: Callable[[Any], T], found: Answer, what: str) -> T:
        """The answer as a value. Raises WorkspaceFault, which names a key and repeats no value."""
        document = api_errors.document_of(found, self.origin, what)
        try:
            return reader(document)
        except InvalidValue as error:
            why = error.message
        raise api_errors.not_understood(self.origin, why)


def _page(document: object) -> tuple[list[TokenDetails], str]:
    tokens = document.get("tokens") if isinstance(document, dict) else None
    after = document.get("next_cursor") if isinstance(document, dict) else None
    if not isinstance(tokens, list) or len(tokens) > 10 * _PAGE or not isinstance(after, str | None):
        raise InvalidValue("it is not a list of tokens")
    return [TokenDetails.of(each) for each in tokens], after or ""


def _quoted(cursor: str) -> str:
    from urllib.parse import quote

    return quote(cursor, safe="")
