"""A credential is one unit: the token in force, and the one URL that it may go to. Standard library only.

The token and its URL come from the same place. A URL that outranks the token and names another origin is an error, and
never a new address for the token: CVE-2026-21852 is a repository's URL that met a user's key.
"""

from __future__ import annotations

from arka_config.errors import OriginConflict
from arka_config.precedence.origin import Origin
from arka_config.precedence.values import ENV, PROFILE, resolve
from arka_config.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from arka_config.precedence.values import Field, Ranks, ResolvedValue


class TokenInForce:
    """The finding of the token and the secret itself, the finding of its URL, and the origin of that URL."""

    __slots__ = ("origin", "secret", "token", "url")

    def __init__(self, token: ResolvedValue, url: ResolvedValue) -> None:
        assert isinstance(token.value, Secret), "every layer wraps a secret field's value"
        self.secret = token.value
        self.token = token
        self.url = url
        self.origin = Origin.of(str(url.value), url.place)

    def __repr__(self) -> str:
        return f"TokenInForce({self.token!r}, {self.url!r})"


def token_in_force(token: Field, url: Field, ranks: Ranks) -> TokenInForce | None:
    """The token that wins and the URL that it goes to, or None where no layer has a token.

    The URL is that of the token's own layer, else of its rank, else the default: never one from a layer below. Raises
    OriginConflict where a layer above names another origin.
    """
    above: list[ResolvedValue] = []
    for rank in ranks:
        for at, layer in enumerate(rank):
            found = layer(token)
            if found is not None:
                return _paired(found, resolve(url, [*rank[at:], *ranks[-1]]), above)
            if (address := layer(url)) is not None:
                above.append(address)
    return None


def _paired(token: ResolvedValue, own: ResolvedValue | None, above: list[ResolvedValue]) -> TokenInForce:
    if own is None:
        raise OriginConflict(
            f"the token from {token.place} has no URL that it may go to",
            hint="give the URL in the same place as the token",
        )
    pair = TokenInForce(token, own)
    for address in above:
        if Origin.of(str(address.value), address.place) != pair.origin:
            raise OriginConflict(
                f"the token from {token.place} is for {pair.origin}, but {address.place} says {address.value}: "
                "a token never goes to another origin",
                hint=f"unset {address.source}" if address.layer == ENV else "remove one of the two",
                url_source=address.source or "",
            )
    # The same origin, said again by who outranks the token: theirs may hold another path.
    return TokenInForce(token, above[0]) if above else pair


def notice(
    token: ResolvedValue,
    environment: ResolvedValue | None,
    *,
    profile: str | None,
    profile_has_token: bool,
    by_flag: bool,
) -> str:
    """The line that says which token is used, where one in the environment hides or loses to a profile's.

    Empty where there is nothing to choose between. `environment` is what the environment has for the token.
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
