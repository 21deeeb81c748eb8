"""`track` yields its items, and shows a bar if stderr is a terminal. test_pseudo_terminal.py uses a real one."""

from __future__ import annotations

import contextlib
import io
import re
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from arka_config import deadline
from arka_config.cli.output import progress, terminal
from arka_config.cli.output.progress import show_busy, show_count, show_wait, time_left, track
from arka_config.doctor.registry import CHECKS
from arka_config.store.profile_store import ProfileStore
from tests.cli.program import arka

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from arka_config.doctor.registry import Check


class Screen(io.StringIO):
    """A stream that claims to be a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def use_screen(monkeypatch: pytest.MonkeyPatch, columns: int = 80) -> Screen:
    """Make stderr a terminal. This is not a fixture, because pytest replaces stderr again before the test."""
    shown = Screen()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", str(columns))
    return shown


def draw_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw bars at each update instead of in a thread."""
    for name in ("start", "update"):
        monkeypatch.setattr(progress._Bar, name, _then_draw(getattr(progress._Bar, name)))
    monkeypatch.setattr(progress, "_redraw_line", lambda _line: contextlib.nullcontext())


def _then_draw(method: Callable[[progress._Bar, int, int | None], None]) -> Callable[..., None]:
    def call(bar: progress._Bar, done: int, total: int | None) -> None:
        method(bar, done, total)
        if progress._line is not None:
            progress._line.draw()

    return call


def test_no_bar_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(track(["a", "b"], "Sealing")) == ["a", "b"]
    assert capsys.readouterr() == ("", "")


def test_bar_shows_label_without_control_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = use_screen(monkeypatch)
    draw_at_once(monkeypatch)
    assert list(track(["a", "b"], "Sea\x1b[2Jling [b]")) == ["a", "b"]
    assert "Sea\\x1b[2Jling [b]" in screen.getvalue()
    assert "2/2" in screen.getvalue()
    assert screen.getvalue().endswith("\r\x1b[K")


def test_bar_is_drawn_by_a_thread_while_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = threading.Event()
    use_screen(monkeypatch)
    screen = Signalling(shown)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(progress, "_SHOWN_AFTER", 0.0)
    with show_count("Sealing") as update:
        update(1, 3)
        assert shown.wait(20)
    assert re.search(r"Sealing ━+─+ 1/3", screen.getvalue())


def test_work_of_less_than_a_second_shows_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = use_screen(monkeypatch)
    monkeypatch.setattr(progress, "_SHOWN_AFTER", 60.0)
    assert list(track(["a", "b"], "Sealing")) == ["a", "b"]
    assert screen.getvalue() == ""


@pytest.mark.parametrize("hide", ["TERM", "--json"])
def test_no_bar_on_a_dumb_terminal_and_for_a_program(monkeypatch: pytest.MonkeyPatch, hide: str) -> None:
    screen = use_screen(monkeypatch)
    draw_at_once(monkeypatch)
    if hide == "TERM":
        monkeypatch.setenv("TERM", "dumb")
    with progress.hide(hide == "--json"), progress.show_stages("Applying", 1):
        assert list(track(["a"], "Sealing")) == ["a"]
    assert screen.getvalue() == ""


@pytest.mark.parametrize(
    ("seconds", "since", "done", "total", "text"),
    [
        (0.9, 0.0, 1, 10, ""),
        (0.0, 1.0, 0, 10, "0:01"),
        (2.0, 0.0, 1, 10, "0:18 left"),
        (2.0, 7.0, 1, 10, "0:11 left"),
        (2.0, 70.0, 1, 10, "0:01 left"),
        (60.0, 0.0, 1, 3, "2:00 left"),
        (9.0, 0.0, 10, 10, ""),
        (61.2, 0.0, 500, None, "1:02"),
    ],
)
def test_time_left_assumes_the_same_speed_for_the_rest(
    seconds: float, since: float, done: int, total: int | None, text: str
) -> None:
    assert time_left(seconds, done, total, since) == text


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (79, "Sealing ━━━━━━━━━━━━━━━─────────────── 50/100 0:30 left"),
        (40, "Sealing ━━━━━━━──────── 50/100 0:30 left"),
        (29, "Sealing 50/100 0:30 left"),
        (14, "Sealing 50/100"),
    ],
)
def test_bar_fits_the_terminal(monkeypatch: pytest.MonkeyPatch, width: int, line: str) -> None:
    use_screen(monkeypatch)
    shown = progress.bar_line("Sealing", 50, 100, "0:30 left", width)
    assert shown.rstrip() == line
    assert len(shown) <= width


def test_bar_is_ascii_if_the_terminal_has_no_unicode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(use_screen(monkeypatch), "encoding", "ascii", raising=False)
    assert progress.bar_line("Sealing", 1, 3, "", 30) == "Sealing ######------------ 1/3"


def test_bar_shows_the_time_left_after_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = use_screen(monkeypatch)
    draw_at_once(monkeypatch)
    clock = [0.0]
    monkeypatch.setattr(progress, "now", lambda: clock[0])
    with show_count("Sealing") as update:
        update(0, 100)
        clock[0] = 30.0
        update(50, 100)
    assert "50/100 0:30 left" in screen.getvalue()


def test_work_of_unknown_length_shows_the_time_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = use_screen(monkeypatch)
    draw_at_once(monkeypatch)
    clock = [0.0]
    monkeypatch.setattr(progress, "now", lambda: clock[0])
    with show_busy("Migrating"):
        clock[0] = 61.0
        terminal.say("hello")
    assert "Migrating 1:01" in screen.getvalue()


def test_messages_and_questions_are_above_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = use_screen(monkeypatch)
    draw_at_once(monkeypatch)
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with show_count("Sealing") as update:
        update(1, 2)
        before = len(screen.getvalue())
        terminal.say("hello")
        terminal.ask("Sure")
    after = screen.getvalue()[before:].split("\r\x1b[K")
    assert [text.split()[0] for text in after if text] == ["hello", "Sealing", "Sure:", "Sealing"]


def test_only_one_line_of_progress_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = use_screen(monkeypatch)
    draw_at_once(monkeypatch)
    with show_count("Listing") as update:
        update(1, 2)
        with show_wait() as show:
            show(9.0)
        assert list(track(["a"], "Asking")) == ["a"]
    assert "Listing" in screen.getvalue()
    assert not {"Waiting", "Asking"} & set(re.findall(r"\w+", screen.getvalue()))


def test_stages_share_one_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = use_screen(monkeypatch)
    draw_at_once(monkeypatch)
    with progress.show_stages("Applying", 5):
        assert list(track(["a", "b"], "Asking")) == ["a", "b"]
        assert list(track(["c", "d", "e"], "Writing")) == ["c", "d", "e"]
    assert re.findall(r"K(\w+) \S+ (\d/\d)", screen.getvalue()) == [("Applying", f"{done}/5") for done in range(6)]


def test_bar_is_removed_before_the_error_of_its_loop_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = use_screen(monkeypatch)
    draw_at_once(monkeypatch)
    loop = track(["a", "b"], "Sealing")
    assert next(loop) == "a"  # as if an error kept the generator
    progress.end()
    terminal.say("error")
    assert screen.getvalue().endswith("\r\x1b[Kerror\n")
    assert list(loop) == ["b"]


class Signalling(Screen):
    """A terminal that sets an event when something is shown."""

    def __init__(self, event: threading.Event) -> None:
        super().__init__()
        self.event = event

    def flush(self) -> None:
        if self.getvalue():
            self.event.set()


def test_wait_of_a_command_shows_the_seconds_left(monkeypatch: pytest.MonkeyPatch) -> None:
    use_screen(monkeypatch)
    shown = threading.Event()
    screen = Signalling(shown)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(deadline, "_UNWATCHED", 0.0)
    monkeypatch.setattr(deadline, "watcher", show_wait)
    assert deadline.call_within(20, lambda: shown.wait(20))
    assert "Waiting for an answer (0:20 left)" in screen.getvalue()
    assert screen.getvalue().endswith("\r\x1b[K")  # the line is removed


@pytest.mark.usefixtures("home")
def test_commands_watch_their_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def names(_: object) -> list[str]:
        seen.append(deadline.watcher)
        return []

    monkeypatch.setattr(ProfileStore, "names", names)
    assert arka("profiles", "list").code == 0
    assert seen == [show_wait]
    assert deadline.watcher is None


def test_wait_is_not_shown_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with show_wait() as show:
        show(9.0)
    assert capsys.readouterr() == ("", "")


def test_doctor_counts_its_checks(two_profiles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[tuple[int, str]] = []

    def count(checks: Sequence[Check], label: str) -> Iterator[Check]:
        for at, check in enumerate(checks):
            counted.append((at, label))
            yield check

    monkeypatch.setattr("arka_config.cli.commands.doctor.track", count)
    assert arka("doctor").code == 0
    assert counted == [(at, "Checking") for at in range(len(CHECKS))]
