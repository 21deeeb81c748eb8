"""The verifiers that come with this package: a workspace's API, a URL that takes the token, OAuth introspection.

Creating one imports nothing: an App with a verifier stays cheap.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection


def check_url(url: str, declared: Collection[str]) -> None:
    """Raise ValueError unless a verifier's URL is a path below the API's URL, or at one of the declared origins."""
    if url[:1] == "/" and url[1:2] not in ("/", "\\"):
        return
    from arka_config.errors import InvalidUrl
    from arka_config.precedence.origin import Origin

    try:
        if str(Origin.of(url.partition("?")[0])) in {str(Origin.of(each)) for each in declared}:
            return
        message = "a verifier's URL is a path below the API's URL, or at one of its `origins`"
    except InvalidUrl as error:
        message = error.message
    raise ValueError(f"{message}: {url!r}")
