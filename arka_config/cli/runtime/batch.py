"""Changes to several things, one after another: one bar over all of them, and what was done if they end early."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from arka_config.cli.output import terminal
from arka_config.cli.output.progress import show_count
from arka_config.errors import ConfigError, InterruptedBatch, RevocationUnknown
from arka_config.text import shorten_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType
    from typing import Self

T = TypeVar("T")

_MAX_NAMES = 10  # of those that were done, and of those that were not


class Words(NamedTuple):
    """The words of a batch's report for items that are done, that may be done, and that are not."""

    done: str
    may_be_done: str
    left: str


REVOKED = Words("revoked", "may have been revoked", "not revoked")
REMOVED = Words("removed", "may have been removed", "not removed")


class Batch(Generic[T]):
    """What to work through, as a context manager of a loop over it.

    After Ctrl-C, InterruptedBatch says what was done and what was not, with the command to run again. After an error, a
    note says it. `name` names an item, and `size` is how many it counts for; `after` is one more line, about the work
    that would have followed.
    """

    def __init__(
        self,
        items: Sequence[T],
        label: str,
        words: Words,
        again: str,
        *,
        after: str = "",
        name: Callable[[T], str] = str,
        size: Callable[[T], int] = lambda _item: 1,
    ) -> None:
        self._items = items
        self._counter = show_count(label)
        self._words = words
        self._again = again
        self._after = after
        self._name = name
        self._size = size
        self._done: list[T] = []
        self._unsure: list[T] = []
        self._current: list[T] = []

    def __enter__(self) -> Self:
        self._update = self._counter.__enter__()
        return self

    def __iter__(self) -> Iterator[T]:
        done, total = 0, sum(map(self._size, self._items))
        for item in self._items:
            if len(self._items) > 1:  # a single item shows the time left of its request
                self._update(done, total)
            self._current = [item]
            yield item
            self._done += self._current
            done += self._size(item)
        if len(self._items) > 1:
            self._update(done, total)

    def set_failed(self, *, is_unsure: bool) -> None:
        """Record that the current item was not done, or may have been."""
        self._unsure += self._current if is_unsure else []
        self._current = []

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._counter.__exit__(None, None, None)
        if isinstance(error, KeyboardInterrupt):
            raise InterruptedBatch(self._account(may_be_done=True), hint=self._again) from None
        if isinstance(error, ConfigError) and len(self._items) > 1:
            lines = self._account(may_be_done=isinstance(error, RevocationUnknown))
            terminal.note("; ".join(lines))

    def _account(self, *, may_be_done: bool) -> list[str]:
        """Say what is done, what may be, and what is not."""
        unsure = self._unsure + (self._current if may_be_done else [])
        left = [item for item in self._items if item not in self._done and item not in unsure]
        parts = ((self._words.done, self._done), (self._words.may_be_done, unsure), (self._words.left, left))
        lines = [f"{words}: {shorten_list(list(map(self._name, some)), _MAX_NAMES)}" for words, some in parts if some]
        return [*lines, self._after] if self._after else lines


@contextmanager
def report_on_interrupt(account: Callable[[], Sequence[str]], *, hint: str = "") -> Iterator[None]:
    """Run a block. After Ctrl-C, InterruptedBatch says what this function returns."""
    try:
        yield
    except InterruptedBatch:
        raise
    except KeyboardInterrupt:
        raise InterruptedBatch(account(), hint=hint) from None
