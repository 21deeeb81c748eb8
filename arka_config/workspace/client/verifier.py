"""What a verifier is, what it is given and what it returns: the way an app asks its own API about a token."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple, Protocol

from arka_config.errors import InvalidUrl, NoWorkspaceApi
from arka_config.precedence.origin import Origin
from arka_config.text import is_printable
from arka_config.workspace.client import api_errors, transport

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any

    from arka_config.errors import AuthError
    from arka_config.secret import Secret
    from arka_config.workspace.client.client import WorkspaceClient
    from arka_config.workspace.client.models import Identity

ACTION = "verify a token"
_FORM = "application/x-www-form-urlencoded"


class Refusal(NamedTuple):
    """The API rejects the token. `reason` is one line for the user, and `hint` what to do.

    `error` is raised instead of an InvalidToken with this reason and hint.
    """

    reason: str = ""
    hint: str = ""
    error: AuthError | None = None


class Unsupported(NamedTuple):
    """Nothing at this origin can say whether the token is valid. `reason` is one line for the user."""

    reason: str = ""


class Verifier(Protocol):
    """Asks an API about a token.

    `verify` returns an Identity, a Refusal or Unsupported, and may raise a WorkspaceError if the API fails. It uses the
    methods of `origin` to send the token: they send it nowhere else. It is called from several threads at once.
    """

    def verify(self, token: Secret, origin: ApiOrigin, /) -> Identity | Refusal | Unsupported:
        """Ask the API at `origin` about a token."""
        ...


class ApiOrigin:
    """The API that a token is for: its origin, which `str()` returns, its `url`, and requests to it.

    A request goes to this origin, with the timeout, proxy and certificates of the settings. It is repeated if that is
    safe, and no redirect is followed. A URL on another origin is refused unless it is among the `declared` ones, which
    are for tokens of the app's default URL only. No error quotes a secret that was sent.
    """

    def __init__(self, client: WorkspaceClient) -> None:
        self.client = client
        self.sent = {client.token.reveal()}  # the secrets of all requests
        self.app = client.app
        self.url = client.url

    def __str__(self) -> str:
        return str(self.client.origin)

    def __repr__(self) -> str:
        return f"ApiOrigin({str(self)!r})"

    def get(self, url: str, token: Secret, *, declared: Collection[str] = ()) -> transport.Response:
        """Send a GET request with the bearer token. `url` is a path below the API's URL, or a URL.

        Raises NoWorkspaceApi for an origin that the token is not for, and what `transport.send` raises.
        """
        full, origin = self._resolve(url, declared)
        return self._send(transport.Request("GET", full, origin, token))

    def post_form(
        self,
        url: str,
        form: Mapping[str, str | Secret],
        *,
        declared: Collection[str] = (),
        authorization: Secret | None = None,
        scheme: str = "Basic",
    ) -> transport.Response:
        """Send a form, with credentials of the client if given. Raises the errors of `get`.

        A secret in the form should be a Secret: if the server quotes it, it is masked in the error.
        """
        full, origin = self._resolve(url, declared)
        body = transport.form_body(form, self.sent)
        request = transport.Request("POST", full, origin, authorization, body, content_type=_FORM, scheme=scheme)
        return self._send(request)

    def read_json(self, response: transport.Response) -> dict[str, Any]:
        """Return the JSON object of a response. Raises NoWorkspaceApi for another type, WorkspaceFault if malformed."""
        document = api_errors.parse_json(response, self.client.origin, ACTION)
        if not isinstance(document, dict):
            raise api_errors.invalid_response(self.client.origin, "it is not a JSON object")
        return document

    def check_status(self, response: transport.Response) -> None:
        """Raise the error of a response that is not a success."""
        if not 200 <= response.status < 300:
            raise api_errors.error_for(response, self.app, self.url, ACTION, self.client.replacement, self.sent)

    def message_of(self, response: transport.Response) -> str:
        """Return what an error response says, in one line; empty if it says nothing."""
        problem = api_errors.problem_details(response)
        texts = (problem.get(key) for key in ("detail", "message", "error_description", "title", "error"))
        return next((text for text in texts if isinstance(text, str) and text), "")

    def _send(self, request: transport.Request) -> transport.Response:
        if request.token is not None:
            self.sent.add(request.token.reveal())
            if not request.token.reveal().isascii():  # no header can hold it
                raise api_errors.invalid_token(self.app, self.url, self.client.replacement)
        return transport.send(request, self.client.connection)

    def _resolve(self, url: str, declared: Collection[str]) -> tuple[str, Origin]:
        """Return the full URL of a request and its origin. Raises NoWorkspaceApi if the token may not be sent there."""
        full = f"{self.url}{url}" if is_path(url) else url
        try:
            origin = Origin.of(full.partition("?")[0])
        except InvalidUrl:
            raise NoWorkspaceApi(f"{self} has no API to {ACTION}: the verifier names no URL of it") from None
        if origin != self.client.origin and not (self._is_default and origin in map(Origin.of, declared)):
            raise NoWorkspaceApi(f"{self} has no API to {ACTION}: its tokens are not sent to {origin}")
        return full, origin

    @property
    def secret_url(self) -> str:
        """The URL that a secret in the environment is for: the one in the environment, else the user's default URL."""
        return os.environ.get(self.app.url_field.variable) or self.client.default_url

    @property
    def gets_secrets(self) -> bool:
        """Whether a secret in the environment may be sent to this API: it is for one origin, as a token there is."""
        return bool(self.secret_url) and Origin.of(self.secret_url) == self.client.origin

    @property
    def _is_default(self) -> bool:
        """Whether the token is for the app's default URL: what the app declares is about that one."""
        default = self.app.default_url()
        return default is not None and Origin.of(default) == self.client.origin


def is_path(url: str) -> bool:
    """Whether a URL is a path below the API's URL: no other host can be read into it."""
    return url.startswith("/") and not url.startswith("//") and is_printable(url) and "\\" not in url
