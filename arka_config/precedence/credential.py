"""The effective token, and the one URL that it may be sent to. Standard library only.

A token and its URL come from the same place. A URL from a higher layer with another origin is an error and never a new
address for the token: in CVE-2026-21852, a repository's URL was combined with a user's key.
"""

from __future__ import annotations

from arka_config.errors import OriginConflict
from arka_config.precedence.origin import Origin
from arka_config.precedence.values import ENV, FLAG, PROFILE, flatten, resolve, trace
from arka_config.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from arka_config.precedence.values import Field, Ranks, ResolvedValue


class EffectiveToken:
    """The token (its resolved value, and the secret), its URL, and that URL's origin.

    `add_path` returns the URL with its path, if the layer knows the origin only. It is called when the URL is used.
    """

    __slots__ = ("_add_path", "_url", "origin", "secret", "token")

    def __init__(
        self,
        token: ResolvedValue,
        url: ResolvedValue,
        add_path: Callable[[ResolvedValue], ResolvedValue] = lambda url: url,
    ) -> None:
        assert isinstance(token.value, Secret), "every layer wraps a secret field's value"
        self.secret = token.value
        self.token = token
        self._url = url
        self._add_path = add_path
        self.origin = Origin.of(str(url.value), url.place)

    @property
    def url(self) -> ResolvedValue:
        """The URL that the token is sent to."""
        return self._add_path(self._url)

    def with_path(self, add_path: Callable[[ResolvedValue], ResolvedValue]) -> EffectiveToken:
        """Return the same token and URL with this `add_path`."""
        return EffectiveToken(self.token, self._url, add_path)

    def __repr__(self) -> str:
        return f"EffectiveToken({self.token!r}, {self._url!r})"


def effective_token(token: Field, url: Field, ranks: Ranks) -> EffectiveToken | None:
    """Return the effective token and the URL that it is sent to, or None if no layer has a token.

    The URL is from the token's own layer, else from its rank, else the default: never from a layer below, except that
    a token from a flag goes to the URL in the environment, as one from the environment does. Raises OriginConflict if a
    layer above has a URL with another origin.
    """
    above: list[ResolvedValue] = []
    for rank in ranks[:-1]:  # the defaults have no token
        for at, layer in enumerate(rank):
            found = layer(token)
            if found is not None:
                own = resolve(url, rank[at:])
                if own is None and found.layer == FLAG:
                    own = next((value for value in trace(url, flatten(ranks)) if value.layer == ENV), None)
                return _pair(found, own or resolve(url, ranks[-1]), above)
            if (address := layer(url)) is not None:
                above.append(address)
    return None


def _pair(token: ResolvedValue, own: ResolvedValue | None, above: list[ResolvedValue]) -> EffectiveToken:
    if own is None:
        raise OriginConflict(
            f"the token from {token.place} has no URL that it may be sent to",
            hint="give the URL in the same place as the token",
        )
    pair = EffectiveToken(token, own)
    for address in above:
        if Origin.of(str(address.value), address.place) != pair.origin:
            raise OriginConflict(
                f"the token from {token.place} is for {pair.origin}, but {address.place} says {address.value}: "
                "a token is never sent to another origin",
                hint=f"unset {address.source}" if address.layer == ENV else "remove one of the two",
                url_source=address.source or "",
            )
    # A higher layer has the same origin, perhaps with another path: its URL is used.
    return EffectiveToken(token, above[0]) if above else pair


def notice(
    token: ResolvedValue,
    environment: ResolvedValue | None,
    *,
    profile: str | None,
    profile_has_token: bool,
    by_flag: bool,
) -> str:
    """Return the line that says which token is used if there are both one in the environment and a profile's.

    Empty if there is only one. `environment` is the environment's value for the token.
    """
    if environment is None or profile is None:
        return ""
    variable = environment.source
    if token.layer == PROFILE:
        return f"using the token of profile '{profile}'; {variable} in the environment is not used"
    if token.layer == ENV and profile_has_token:
        return f"using the token in {variable}; that of profile '{profile}' is not used"
    if token.layer == ENV and by_flag:
        return f"profile '{profile}' has no token: using the one in {variable}"
    return ""
