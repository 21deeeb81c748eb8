"""`track`: the items as they are, and a bar only for who can see one (tests/cli/test_pseudo_terminal.py sees it)."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

from arka_config.cli.output.progress import track

if TYPE_CHECKING:
    import pytest


class Screen(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_where_stderr_is_no_terminal_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(track(["a", "b"], "Sealing")) == ["a", "b"]
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_the_bar_has_the_words_and_no_control_character(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    assert list(track(["a", "b"], "Sea\x1b[2Jling [b]")) == ["a", "b"]
    assert "Sea\\x1b[2Jling [b]" in screen.getvalue()
    assert "2/2" in screen.getvalue()


def test_a_terminal_that_can_do_nothing_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "dumb")
    assert list(track(["a"], "Sealing")) == ["a"]
    assert screen.getvalue() == ""
