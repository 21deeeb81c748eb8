"""WorkspaceClient: the API calls to one workspace with one token."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from arka_config.errors import InvalidValue, NotPermitted, NoWorkspaceApi, RequestRefused, WorkspaceError
from arka_config.precedence.origin import Origin
from arka_config.token_checksum import NONE, OPTIONAL, REQUIRED
from arka_config.workspace.client import api_errors, transport
from arka_config.workspace.client.models import CURRENT, Activity, Identity, Issued, TokenDetails
from arka_config.workspace.client.selection import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any, TypeVar

    from arka_config.app_identity import AppIdentity
    from arka_config.secret import Secret
    from arka_config.workspace.client.connection import Connection
    from arka_config.workspace.client.models import Bounds
    from arka_config.workspace.client.selection import Selection

    T = TypeVar("T")

MAX_REVOCATION = 500  # tokens that one request revokes
_MAX_PAGE_SIZE = 1000  # tokens
_MAX_ACTIVITY_SIZE = 100  # entries of the audit log
_ID_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


class WorkspaceClient:
    """A client for one workspace and one token. `url` is the workspace's origin, and the path of its API if any.

    Each call sends a request, and raises InvalidToken, ProRequired, or a kind of WorkspaceError. The token is sent to
    the URL's origin only: redirects are not followed. `replacement` is the command that replaces the token, for hints.
    `default_url` is the user's default URL, if that is not the app's.
    """

    def __init__(
        self,
        app: AppIdentity,
        url: str,
        token: Secret,
        connection: Connection,
        *,
        replacement: str = "",
        default_url: str = "",
    ) -> None:
        self.app = app
        self.url = url.rstrip("/")
        self.origin = Origin.of(url)
        self.token = token
        self.connection = connection
        self.replacement = replacement
        self.default_url = default_url or app.default_url() or ""

    def __repr__(self) -> str:
        return f"WorkspaceClient({self.url!r})"

    def with_token(self, token: Secret) -> WorkspaceClient:
        """A client for the same workspace with another token."""
        return WorkspaceClient(self.app, self.url, token, self.connection, default_url=self.default_url)

    def get_identity(self) -> Identity:
        """Return the token's user and details."""
        return self._call("GET", "me", Identity.parse, "verify a token")

    def list_tokens(self, selection: Selection = EVERYTHING) -> list[TokenDetails]:
        """Return all of the user's selected tokens, newest first. Raises NotPermitted."""
        return [token for page in self.iterate_tokens(selection) for token in page]

    def iterate_tokens(self, selection: Selection = EVERYTHING) -> Iterator[list[TokenDetails]]:
        """Yield the user's selected tokens in pages, newest first, each requested when it is needed.

        A page may be empty if an older workspace ignores the conditions. Raises NotPermitted, and WorkspaceFault for a
        list that cannot end.
        """
        cursor, seen = "", set[bytes]()
        while True:
            parameters = [selection.query(), urlencode({"cursor": cursor}) if cursor else ""]
            query = "&".join(each for each in parameters if each)
            path = f"tokens?{query}" if query else "tokens"
            page, cursor, user = self._call("GET", path, _parse_page, "list tokens")
            if selection.user and user != selection.user:
                raise api_errors.no_api(self.origin, "list another user's tokens", "this user's")
            yield [token for token in page if selection.matches(token)]
            if not cursor:
                return
            if not page:
                raise api_errors.invalid_response(
                    self.origin, "the list of tokens has an empty page before the last one"
                )
            key = sha256(cursor.encode()).digest()
            if key in seen:
                raise api_errors.invalid_response(self.origin, "the pages of the list of tokens form a loop")
            seen.add(key)

    def get_checksum(self) -> str:
        """Return whether the workspace's tokens have a checksum: `required`, `optional` or `none`.

        Raises NoWorkspaceApi for a workspace that does not say.
        """
        return self._call("GET", "metadata", _parse_checksum, "describe tokens")

    def list_activity(self, limit: int, since: str = "") -> list[Activity]:
        """Return the user's newest entries in the workspace's audit log, newest first. Raises NotPermitted."""
        entries: list[Activity] = []
        cursor = ""
        while len(entries) < limit:
            query = {"limit": min(limit - len(entries), _MAX_ACTIVITY_SIZE), "since": since, "cursor": cursor}
            path = "activity?" + urlencode({name: value for name, value in query.items() if value})
            page, cursor = self._call("GET", path, _parse_activity, "show the activity")
            entries += page
            if not page or not cursor:
                break
        return entries[:limit]

    def create(
        self, label: str, *, expires: str = "", scopes: Sequence[str] = (), key: str = "", bounds: Bounds | None = None
    ) -> Issued:
        """Create a token. `expires` is a timestamp in stored form, or empty for never. Raises NotPermitted.

        `key` is a random text with which the request can be withdrawn later, without knowing what it issued.
        """
        body: dict[str, object] = {"label": label, "expires": expires or None, "scopes": list(scopes)}
        if bounds is not None:
            body["issue"] = bounds._asdict()
        return self._call("POST", "tokens", self._parse_issued, "create a token", body, key)

    def rotate(self, expires: str | None = None, *, key: str = "") -> Issued:
        """Create a successor of this token, which keeps working until it is revoked. Never returns this token itself.

        With None, the new token expires when the old one does; an empty `expires` means never.
        """
        body = None if expires is None else {"expires": expires or None}
        return self._call("POST", f"tokens/{CURRENT}/rotate", self._parse_issued, "rotate a token", body, key)

    def withdraw(self, key: str) -> bool:
        """Revoke what a request with this key issued. Return False if it issued nothing, or that is revoked already.

        Needs no scope. Raises NoWorkspaceApi if the workspace is too old to know the request.
        """
        response = self._send("DELETE", f"tokens/requests/{key}")
        self._check_status(response, "withdraw a request")
        document = api_errors.parse_json(response, self.origin, "withdraw a request")
        if not isinstance(document, dict) or not isinstance(document.get("revoked"), bool):
            raise api_errors.invalid_response(self.origin, "revoked is not true or false")
        return bool(document["revoked"]) or response.is_repeated

    def revoke(self, id: str = CURRENT, *, tried_before: bool = False) -> None:  # noqa: A002  # the API's name
        """Revoke a token, by default this one. Raises RequestRefused if there is no such token.

        With `tried_before`, this machine has sent the same request before, so a token that is unknown now is revoked.
        """
        if not id or not _ID_CHARACTERS.issuperset(id):
            raise InvalidValue("the token id has a character that is not allowed")
        action = "revoke a token"
        response = self._send("DELETE", f"tokens/{id}")
        is_unknown = response.status == 404 and api_errors.is_problem(response, "not-found")
        # Unknown after a retry: the first attempt has revoked the token. A 401 is about the token that was sent.
        is_gone = response.status == 404 or (response.status == 401 and id == CURRENT)
        if response.status == 204 or (response.is_repeated and is_gone) or (tried_before and is_unknown):
            return
        if is_unknown and id == CURRENT:
            raise api_errors.invalid_token(self.app, self.url, self.replacement)
        if is_unknown:
            raise RequestRefused(f"{self.origin} has no token {id} of this user", hint=f"{self.app.name} tokens list")
        self._check_status(response, action)
        api_errors.parse_json(response, self.origin, action)  # a web page with status 200 has revoked nothing

    def revoke_all(self, ids: Sequence[str]) -> None:
        """Revoke up to MAX_REVOCATION tokens with one request, except this client's own. Some may be gone already.

        Raises NoWorkspaceApi if the workspace can only revoke one at a time.
        """
        self._call("POST", "revocations", lambda _: None, "revoke several tokens", {"ids": list(ids)})

    def _call(
        self,
        method: str,
        path: str,
        parse: Callable[[Any], T],
        action: str,
        body: Mapping[str, object] | None = None,
        key: str = "",
    ) -> T:
        """Send a request and parse its response. An error for a malformed one names a key, and repeats no value."""
        response = self._send(method, path, None if body is None else json.dumps(body).encode(), key)
        self._check_status(response, action)
        document = api_errors.parse_json(response, self.origin, action)
        try:
            return parse(document)
        except InvalidValue as error:
            reason = error.message
        raise api_errors.invalid_response(self.origin, reason)

    def _send(self, method: str, path: str, content: bytes | None = None, key: str = "") -> transport.Response:
        if not self.app.has_workspace_api:
            raise NoWorkspaceApi(f"{self.origin} is not a workspace, so {self.app.name} cannot manage tokens there")
        if not self.token.reveal().isascii():  # it cannot be sent in a header, so no workspace has issued it
            raise api_errors.invalid_token(self.app, self.url, self.replacement)
        request = transport.Request(method, f"{self.url}/api/v1/{path}", self.origin, self.token, content, key)
        return transport.send(request, self.connection)

    def _check_status(self, response: transport.Response, action: str) -> None:
        if not 200 <= response.status < 300:
            error = api_errors.error_for(response, self.app, self.url, action, self.replacement, [self.token.reveal()])
            if isinstance(error, WorkspaceError) and not isinstance(error, NotPermitted):
                error.may_have_arrived = response.is_repeated or response.status >= 500
            raise error

    def _parse_issued(self, document: object) -> Issued:
        issued = Issued.parse(document, self.app)
        if issued.token == self.token:  # a caller that revokes the old token, or an unused new one, would revoke both
            raise InvalidValue("the new token is the one that the request was made with; it was not revoked")
        return issued


def _parse_page(document: object) -> tuple[list[TokenDetails], str, object]:
    """The tokens of a page, the cursor of the next one, and their user. An older workspace does not say the user."""
    tokens = document.get("tokens") if isinstance(document, dict) else None
    cursor = document.get("next_cursor") if isinstance(document, dict) else None
    user = document.get("user") if isinstance(document, dict) else None
    if not isinstance(tokens, list) or len(tokens) > _MAX_PAGE_SIZE or not isinstance(cursor, str | None):
        raise InvalidValue("it is not a list of tokens")
    return [TokenDetails.parse(each) for each in tokens], cursor or "", user


def _parse_activity(document: object) -> tuple[list[Activity], str]:
    entries = document.get("entries") if isinstance(document, dict) else None
    cursor = document.get("next_cursor") if isinstance(document, dict) else None
    if not isinstance(entries, list) or len(entries) > 10 * _MAX_ACTIVITY_SIZE or not isinstance(cursor, str | None):
        raise InvalidValue("it is not a list of entries")
    return [Activity.parse(each) for each in entries], cursor or ""


def _parse_checksum(document: object) -> str:
    token_format = document.get("token_format") if isinstance(document, dict) else None
    checksum = token_format.get("checksum") if isinstance(token_format, dict) else None
    if checksum not in (NONE, OPTIONAL, REQUIRED):
        raise InvalidValue("token_format.checksum is not known")
    return str(checksum)
