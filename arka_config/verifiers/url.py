"""UrlVerifier: a URL that takes the bearer token and answers with JSON about its user."""

from __future__ import annotations

from arka_config.verifiers import check_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from arka_config.secret import Secret
    from arka_config.workspace.client.models import Identity
    from arka_config.workspace.client.verifier import ApiOrigin, Refusal, Unsupported


class UrlVerifier:
    """Gets a URL with the bearer token, and reads the user from its JSON.

    `url` is a path below the API's URL (`"/user"`), or a URL at one of `origins`, which get tokens of the app's default
    URL only. `user` and the others name a value: a key, a path of keys (`"data.user.name"`), or a header of the
    response (`"header:X-OAuth-Scopes"`). Only `user` has to be there. A status in `refusals` means that the token is
    invalid, and 404 that there is no such API. Raises ValueError for a URL that the token may not be sent to.
    """

    __slots__ = ("fields", "origins", "refusals", "url")

    def __init__(
        self,
        url: str,
        *,
        user: str,
        id: str = "",  # noqa: A002  # the name of the field
        label: str = "",
        expires: str = "",
        scopes: str = "",
        plan: str = "",
        refusals: Iterable[int] = (401,),
        origins: Iterable[str] = (),
    ) -> None:
        self.url = url
        self.origins = tuple(origins)
        self.refusals = frozenset(refusals)
        self.fields = {"user": user, "id": id, "label": label, "expires": expires, "scopes": scopes, "plan": plan}
        check_url(url, self.origins)

    def __repr__(self) -> str:
        return f"UrlVerifier({self.url!r})"

    def verify(self, token: Secret, origin: ApiOrigin, /) -> Identity | Refusal | Unsupported:
        """Get the URL, and read the user. Raises a WorkspaceError for a failure that says nothing of the token."""
        from arka_config.errors import NoWorkspaceApi
        from arka_config.verifiers.reading import read_identity
        from arka_config.workspace.client.verifier import Refusal, Unsupported

        try:
            response = origin.get(self.url, token, declared=self.origins)
            if response.status in self.refusals:
                return Refusal(origin.message_of(response))
            origin.check_status(response)
            return read_identity(origin, origin.read_json(response), response.headers, self.fields)
        except NoWorkspaceApi as error:
            return Unsupported(error.message)
