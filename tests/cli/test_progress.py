"""`track`: the items, and a bar if stderr is a terminal (tests/cli/test_pseudo_terminal.py shows it on a real one)."""

from __future__ import annotations

import io
import re
import sys
import threading

import pytest

from arka_config import deadline
from arka_config.cli.output import progress
from arka_config.cli.output.progress import busy, counter, time_left, track, waiting
from arka_config.store.profile_store import ProfileStore
from tests.cli.program import arka


class Screen(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


def test_no_bar_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(track(["a", "b"], "Sealing")) == ["a", "b"]
    assert capsys.readouterr() == ("", "")


def test_bar_shows_label_without_control_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    assert list(track(["a", "b"], "Sea\x1b[2Jling [b]")) == ["a", "b"]
    assert "Sea\\x1b[2Jling [b]" in screen.getvalue()
    assert "2/2" in screen.getvalue()


def test_no_bar_on_a_dumb_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "dumb")
    assert list(track(["a"], "Sealing")) == ["a"]
    assert screen.getvalue() == ""


@pytest.mark.parametrize(
    ("seconds", "done", "total", "text"),
    [
        (0.9, 1, 10, ""),
        (1.0, 0, 10, ""),
        (2.0, 1, 10, "0:18 left"),
        (60.0, 1, 3, "2:00 left"),
        (9.0, 10, 10, ""),
        (61.2, 500, None, "1:02"),
    ],
)
def test_time_left_is_that_of_the_rest_at_the_same_speed(
    seconds: float, done: int, total: int | None, text: str
) -> None:
    assert time_left(seconds, done, total) == text


def use_screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """Make stderr a terminal. Not a fixture: pytest replaces stderr again before the test."""
    shown = Screen()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    return shown


def test_bar_shows_the_time_left_after_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = use_screen(monkeypatch)
    clock = iter([0.0, 0.0, 0.0, 30.0])
    monkeypatch.setattr(progress, "now", lambda: next(clock))
    with counter("Sealing") as update:
        update(0, 100)
        update(50, 100)
    assert "50/100 0:30 left" in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue())


def test_work_of_unknown_length_shows_the_time_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = use_screen(monkeypatch)
    with busy("Migrating"):
        pass
    assert re.search(r"Migrating .*0:00:00", screen.getvalue())


def test_only_one_line_of_progress_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = use_screen(monkeypatch)
    with counter("Listing") as update:
        update(1, 2)
        with waiting() as show:
            show(9.0)
    assert "Listing" in screen.getvalue()
    assert "Waiting" not in screen.getvalue()


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
    monkeypatch.setattr(deadline, "watcher", waiting)
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
    assert seen == [waiting]
    assert deadline.watcher is None


def test_wait_is_not_shown_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with waiting() as show:
        show(9.0)
    assert capsys.readouterr() == ("", "")
