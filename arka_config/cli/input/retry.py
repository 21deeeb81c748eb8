"""Questions that are asked again, a few times, if the answer cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.output import terminal

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from arka_config.errors import ConfigError

    T = TypeVar("T")

TRIES = 3


def retry(ask: Callable[[], T], *unusable: type[ConfigError]) -> T:
    """Call `ask` until it returns, up to three times: print an error of these types, and ask again. Raise the last."""
    for _ in range(TRIES - 1):
        try:
            return ask()
        except unusable as error:
            terminal.show_error(error)
    return ask()
