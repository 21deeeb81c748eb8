"""A value that does not show itself: not in a repr, a format, a pickle, a log or a traceback. Standard library only."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn


class Secret:
    """Wraps a secret, or the way to get it, so that only `reveal()` shows it.

    A reference (to a file, a helper command) is wrapped by the function that fetches it: saying where a token comes
    from must not run the command that prints it.
    """

    __slots__ = ("_fetch", "_value")

    def __init__(self, value: str | Callable[[], str]) -> None:
        self._value: str | None = value if isinstance(value, str) else None
        self._fetch: Callable[[], str] | None = None if isinstance(value, str) else value

    def reveal(self) -> str:
        """The secret itself, fetched at the first call. Raises what the fetching raises."""
        if self._value is None:
            assert self._fetch is not None
            self._value = self._fetch()
        return self._value

    @property
    def is_at_hand(self) -> bool:
        """Whether `reveal()` has nothing to fetch."""
        return self._value is not None

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.reveal() == other.reveal()

    __hash__ = None  # type: ignore[assignment]  # a hash would outlive the secret, and compare it

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled")


def masked(token: str, prefix: str = "") -> str:
    """The token as it may be shown: its public prefix and last four characters, `arka_…9f3c`.

    A token so short that four characters would give it away shows none of them.
    """
    shown = prefix if prefix and token.startswith(prefix) else ""
    tail = token[-4:] if len(token) - len(shown) >= 16 else ""
    return f"{shown}…{tail}"
