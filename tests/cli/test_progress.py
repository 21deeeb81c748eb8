"""`track`: the items, and a bar if stderr is a terminal (tests/cli/test_pseudo_terminal.py shows it on a real one)."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

from arka_config.cli.output.progress import track

if TYPE_CHECKING:
    import pytest


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
