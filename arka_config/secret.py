"""A value that is not shown in a repr, a format, a pickle, a log or a traceback. Standard library only."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn, Self


class Secret:
    """A secret, or a function that fetches it; only `reveal()` shows it.

    A token reference is wrapped as a function, so that showing where a token comes from does not run a helper.
    """

    __slots__ = ("_check", "_fetch", "_value")

    def __init__(self, value: str | Callable[[], str]) -> None:
        self._value: str | None = value if isinstance(value, str) else None
        self._fetch: Callable[[], str] | None = None if isinstance(value, str) else value
        self._check: Callable[[str], None] | None = None

    def reveal(self) -> str:
        """Return the secret, fetched on the first call. Raises what fetching and the check raise."""
        if self._value is None:
            assert self._fetch is not None
            self._value = self._fetch()
        if self._check is not None:
            self._check(self._value)
        return self._value

    def with_check(self, check: Callable[[str], None]) -> Secret:
        """Return the same secret with a check, which is called before the secret is revealed and raises to refuse."""
        secret = Secret(self.reveal if self._value is None else self._value)
        secret._check = check
        return secret

    @property
    def is_at_hand(self) -> bool:
        """Whether `reveal()` has nothing left to fetch."""
        return self._value is not None

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.reveal() == other.reveal()

    __hash__ = None  # type: ignore[assignment]  # a hash would outlive the secret

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled")


def mask(token: str, prefixes: str | tuple[str, ...] = "") -> str:
    """Return the token as it may be shown: its public prefix and last four characters, `arka_…9f3c`.

    A token may start with one of several prefixes. A short token, of which four characters would reveal too much, shows
    none of them.
    """
    known = (prefixes,) if isinstance(prefixes, str) else prefixes
    shown = max((prefix for prefix in known if token.startswith(prefix)), key=len, default="")
    tail = token[-4:] if len(token) - len(shown) >= 16 else ""
    return f"{shown}…{tail}"
