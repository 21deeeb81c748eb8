"""Progress bars for long operations, and the time left of a wait, on stderr if that is a terminal.

One line at the bottom of the terminal is rewritten. It appears after a second and is removed at the end, and messages
scroll above it. Operations within another one share its line: there is one bar over all of them.

rich's bars are not used: while one is shown, rich holds back a prompt until its line ends, wraps messages, which breaks
commands that are to be copied, and hides the cursor, which stays hidden if the command is killed.
"""

from __future__ import annotations

import contextlib
import math
import os
import sys
import threading
from time import monotonic as now
from typing import TYPE_CHECKING

from arka_config.cli.output import terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TextIO, TypeVar

    T = TypeVar("T")

_SHOWN_AFTER = 1.0  # seconds; what is done sooner shows nothing
_REDRAWN_EVERY = 0.1
_BAR_WIDTHS = range(5, 31)
_FREE = 3  # columns right of a bar: a terminal shows ^C there, and must not begin a new line for it


class _Line:
    """The last line of the terminal. While its lock is held, the line is not there, and other text can be written."""

    def __init__(self, text: Callable[[], str]) -> None:
        self._text = text
        self._stream: TextIO = sys.stderr
        self._lock = threading.RLock()
        self._drawn = ""
        self._was_drawn = False

    def __enter__(self) -> None:
        self._lock.acquire()
        self._was_drawn = bool(self._drawn)
        self._write("")

    def __exit__(self, *_: object) -> None:
        if self._was_drawn:
            self._write(self._text())
        self._lock.release()

    def draw(self) -> None:
        """Show the current text."""
        with self._lock:
            self._write(self._text())

    def remove(self) -> None:
        """Show nothing."""
        with self._lock:
            self._write("")

    def _write(self, text: str) -> None:
        if text != self._drawn:
            self._drawn = text
            with contextlib.suppress(OSError):  # the terminal was closed
                self._stream.write(f"\r\x1b[K{text}")
                self._stream.flush()


_line: _Line | None = None  # there is one terminal, with one last line
_bar: _Bar | None = None
_is_hidden = False


def _is_live() -> bool:
    """Whether a line on stderr can be rewritten, and none is yet."""
    return _line is None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


@contextlib.contextmanager
def hide(is_hidden: bool = True) -> Iterator[None]:
    """Show no progress during a block, if so: its output is read by a program."""
    global _is_hidden  # noqa: PLW0603  # there is one terminal
    before, _is_hidden = _is_hidden, is_hidden or _is_hidden
    try:
        yield
    finally:
        _is_hidden = before


@contextlib.contextmanager
def _show_line(text: Callable[[], str]) -> Iterator[_Line]:
    """Use the last line of the terminal during a block, and remove it at the end."""
    global _line  # noqa: PLW0603  # as above
    before, terminal.last_line = terminal.last_line, (line := _Line(text))
    _line = line
    try:
        yield line
    finally:
        _line, terminal.last_line = None, before
        line.remove()


@contextlib.contextmanager
def _redraw_line(line: _Line) -> Iterator[None]:
    """Draw a line during a block, from the first second on, in a thread: the block may be waiting."""
    ended = threading.Event()

    def run() -> None:
        if not ended.wait(_SHOWN_AFTER):
            line.draw()
            while not ended.wait(_REDRAWN_EVERY):
                line.draw()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


# Bars


class _Bar:
    """How many of an operation's steps are done, since when. `label` has been made safe."""

    def __init__(self, label: str, total: int | None = None) -> None:
        self.label = label
        self.done, self.total = 0, total
        self.adds_up = total is not None
        self.shown = contextlib.ExitStack()
        self._began = self._changed = now()

    def start(self, done: int, total: int | None) -> None:
        """Begin to count, and to show the bar until the stack `shown` is closed."""
        self.done, self.total = done, total
        self._began = self._changed = now()
        line = self.shown.enter_context(_show_line(self.text))
        self.shown.enter_context(_redraw_line(line))

    def update(self, done: int, total: int | None) -> None:
        """Count the steps that are done."""
        if done != self.done:
            self._changed = now()
        self.done, self.total = done, total

    def text(self) -> str:
        """The bar, as wide as the terminal allows."""
        before = self._changed - self._began
        left = time_left(before, self.done, self.total, now() - self._changed)
        return bar_line(self.label, self.done, self.total, left, terminal.columns() - _FREE)


def track(items: Sequence[T], label: str) -> Iterator[T]:
    """Yield the items, with a bar that counts them."""
    with show_count(label) as update:
        for done, item in enumerate(items):
            update(done, len(items))
            yield item
        update(len(items), len(items))


@contextlib.contextmanager
def show_count(label: str) -> Iterator[Callable[[int, int | None], None]]:
    """Count during a block, and yield the function that updates the bar with how many are done, of how many if known.

    It begins with the first update, because the block may start another program on the same terminal before that.
    Without a terminal, and with `--json`, nothing is shown. Within `show_stages`, the steps are added to that bar.
    """
    if _bar is not None and _bar.adds_up:
        with _add_steps(_bar) as update:
            yield update
    elif _is_hidden or not _is_live():
        yield lambda _done, _all: None
    else:
        with _count(_Bar(terminal.safe_text(label))) as update:
            yield update


@contextlib.contextmanager
def show_stages(label: str, total: int) -> Iterator[None]:
    """Show one bar over all that is counted during a block, with this number of steps in all."""
    if _is_hidden or not _is_live():
        yield
        return
    with _count(_Bar(terminal.safe_text(label), total)) as update:
        update(0, total)
        yield


@contextlib.contextmanager
def _count(bar: _Bar) -> Iterator[Callable[[int, int | None], None]]:
    def update(done: int, total: int | None) -> None:
        global _bar  # noqa: PLW0603  # there is one terminal
        if _bar is None and _is_live():
            _bar = bar
            bar.start(done, total)
        else:
            bar.update(done, total)

    try:
        yield update
    finally:
        if _bar is bar:
            end()


def end() -> None:
    """Remove the bar. An error keeps the loop over `track` that it was raised in, and so its bar."""
    global _bar  # there is one terminal
    ended, _bar = _bar, None
    if ended is not None:
        ended.shown.close()


@contextlib.contextmanager
def _add_steps(bar: _Bar) -> Iterator[Callable[[int, int | None], None]]:
    """Add the steps of a block to a bar."""
    before = bar.done

    def update(done: int, _all: int | None) -> None:
        bar.update(before + done, max(bar.total or 0, before + done))

    yield update


@contextlib.contextmanager
def show_busy(label: str) -> Iterator[None]:
    """Show how long a block has been running, if it is not known how long it takes."""
    with show_count(label) as update:
        update(0, None)
        yield


def bar_line(label: str, done: int, total: int | None, time: str, width: int) -> str:
    """Return a bar of at most this many cells: `Sealing ━━━━━───── 50/100 0:30 left`.

    In a narrow terminal the bar is left out, then the end. Without a total, there is the number that is done.
    """
    count = f"{done}/{total}" if total is not None else f"{done}" if done else ""
    parts = [part for part in (label, count, time) if part]
    room = min(width - len(" ".join(parts)) - 1, _BAR_WIDTHS[-1])
    if total and room in _BAR_WIDTHS:
        filled = min(room, room * done // total)
        full, empty = ("━", "─") if _can_encode("━─") else ("#", "-")
        bar = terminal.style(full * filled, sys.stderr, fg="green") + empty * (room - filled)
        return " ".join((label, bar, *parts[1:]))
    return " ".join(parts)[:width]


def _can_encode(text: str) -> bool:
    try:
        text.encode(sys.stderr.encoding or "ascii")
    except UnicodeError:
        return False
    return True


def time_left(seconds: float, done: int, total: int | None, since: float = 0.0) -> str:
    """Return how long the rest will take at the speed so far, `0:12 left`, or else the time taken so far.

    `seconds` is the time from the start until the last step was done, and `since` the time since then. Empty in the
    first second, and when all is done.
    """
    taken = seconds + since
    if taken < 1 or done == total:
        return ""
    if total is None or not done:
        return clock(taken)
    return f"{clock(max(1, seconds / done * (total - done) - since))} left"


def clock(seconds: float) -> str:
    """Return minutes and seconds: `1:05`. Parts of a second are rounded up, so that there is always some time left."""
    minutes, rest = divmod(max(0, math.ceil(seconds)), 60)
    return f"{minutes}:{rest:02}"


# Waits


@contextlib.contextmanager
def show_wait() -> Iterator[Callable[[float], None]]:
    """Show on a terminal that an answer is awaited, and yield the function that updates it with the seconds left."""
    if _is_hidden or not _is_live():
        yield lambda _: None
        return
    with show_countdown("Waiting for an answer") as update:
        yield update


@contextlib.contextmanager
def show_countdown(label: str) -> Iterator[Callable[[float], None]]:
    """Show a line during a wait, and yield the function that updates it with the seconds left.

    On a terminal the line is rewritten, and removed at the end. Otherwise it is printed once.
    """
    text = ""

    def format_line(seconds: float) -> str:
        return f"{label} ({clock(seconds)} left)"

    if not _is_live():

        def say_once(seconds: float) -> None:
            nonlocal text
            if not text:
                text = format_line(seconds)
                terminal.say(text)

        yield say_once
        return

    with _show_line(lambda: text) as line:

        def update(seconds: float) -> None:
            nonlocal text
            text = terminal.safe_text(format_line(seconds))[: terminal.columns() - 1]
            line.draw()

        yield update
