"""IntrospectionVerifier: OAuth 2.0 token introspection (RFC 7662)."""

from __future__ import annotations

from arka_config.verifiers import check_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal

    from arka_config.secret import Secret
    from arka_config.workspace.client.models import Identity
    from arka_config.workspace.client.transport import Form
    from arka_config.workspace.client.verifier import ApiOrigin, Refusal, Unsupported

# In the order in which they are tried: RFC 7662 makes each of them optional (section 2.2).
_USERS = ("username", "sub", "client_id")


class IntrospectionVerifier:
    """Asks an introspection endpoint whether a token is active.

    `url` is a path below the API's URL, or a URL at one of `origins`, which get tokens of the app's default URL only.
    The program authenticates as `client_id` with the secret in its variable `…_INTROSPECTION_SECRET`: in the header
    (`"basic"`, RFC 6749 section 2.3.1) or in the form (`"post"`). Without that variable, only the `client_id` is sent,
    and so for a token of another origin than the secret is for: that of `…_API_URL`, else of the user's default URL.
    Raises ValueError for a URL that the token may not be sent to.
    """

    __slots__ = ("authentication", "client_id", "origins", "url")
    has_secret = True

    def __init__(
        self,
        url: str,
        *,
        client_id: str,
        authentication: Literal["basic", "post"] = "basic",
        origins: Iterable[str] = (),
    ) -> None:
        self.url = url
        self.client_id = client_id
        self.authentication = authentication
        self.origins = tuple(origins)
        check_url(url, self.origins)

    def __repr__(self) -> str:
        return f"IntrospectionVerifier({self.url!r})"

    def verify(self, token: Secret, origin: ApiOrigin, /) -> Identity | Refusal | Unsupported:
        """Introspect the token. Raises WorkspaceFault if the program itself is refused."""
        from arka_config.errors import NoWorkspaceApi, WorkspaceFault
        from arka_config.verifiers.reading import read_identity
        from arka_config.workspace.client import api_errors
        from arka_config.workspace.client.verifier import Refusal, Unsupported

        form: Form = {"token": token, "token_type_hint": "access_token"}
        try:
            fields, authorization = self._authenticate(origin)
            response = origin.post_form(
                self.url, {**form, **fields}, declared=self.origins, authorization=authorization
            )
            if response.status in (400, 401, 403):  # about the program: an unknown token is inactive (section 2.2)
                raise WorkspaceFault(f"{origin} does not let this program verify tokens", hint=_hint(origin))
            origin.check_status(response)
            document = origin.read_json(response)
            if document.get("active") is False:
                return Refusal("it is not active: it has expired, or was revoked")
            if document.get("active") is not True:
                raise api_errors.invalid_response(origin.client.origin, "active is not true or false")
            user = next((name for name in _USERS if document.get(name)), "")
            names = {"user": user, "id": "sub", "expires": "exp", "scopes": "scope"}
            return read_identity(origin, document, response.headers, names)
        except NoWorkspaceApi as error:
            return Unsupported(error.message)

    def _authenticate(self, origin: ApiOrigin) -> tuple[Form, Secret | None]:
        """The fields of the form and the header that say which program asks."""
        import os

        from arka_config.secret import Secret

        secret = os.environ.get(origin.app.introspection_variable, "")
        if not secret or not origin.gets_secrets:
            return {"client_id": self.client_id}, None
        origin.sent.add(secret)
        if self.authentication == "post":
            return {"client_id": self.client_id, "client_secret": Secret(secret)}, None
        from base64 import b64encode
        from urllib.parse import quote_plus

        pair = f"{quote_plus(self.client_id)}:{quote_plus(secret)}"
        return {}, Secret(b64encode(pair.encode()).decode())


def _hint(origin: ApiOrigin) -> str:
    """What to do if the program is refused: its secret is wrong, missing, or for another origin."""
    import os

    app = origin.app
    if not os.environ.get(app.introspection_variable) or origin.gets_secrets:
        return f"check {app.introspection_variable}"
    return f"if {app.introspection_variable} is for {origin}, set {app.url_field.variable} to {origin.url}"
