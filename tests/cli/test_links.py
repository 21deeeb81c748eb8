"""Hyperlinks appear only if the terminal is known to show them, and their text is their address."""

from __future__ import annotations

import io
import sys

import pytest

from arka_config.cli.output import links, tables, terminal

KITTY = {"TERM": "xterm-kitty"}
URL = "https://arka-ai.com/app/personal/settings/tokens"
LINK = f"\x1b]8;;{URL}\x1b\\{URL}\x1b]8;;\x1b\\"


class Screen(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def kitty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "TMUX", "STY", "NO_COLOR", "NO_HYPERLINKS", "FORCE_HYPERLINK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-kitty")
    monkeypatch.setenv("COLUMNS", "100")


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (KITTY, True),
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "vscode"}, True),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7006"}, True),
        ({"TERM": "xterm-256color", "VTE_VERSION": "5000"}, False),
        ({"TERM": "xterm-256color", "VTE_VERSION": "soon"}, False),
        ({"TERM": "xterm-256color", "KONSOLE_VERSION": "220401"}, True),
        ({"TERM": "xterm-256color", "WT_SESSION": "x"}, True),
        ({"TERM": "xterm-256color", "FORCE_HYPERLINK": "1"}, True),
        (KITTY | {"FORCE_HYPERLINK": "0"}, False),
        (KITTY | {"NO_HYPERLINKS": "1"}, False),
        (KITTY | {"NO_COLOR": "1"}, False),
        (KITTY | {"CI": "true"}, False),
        (KITTY | {"TMUX": "/tmp/tmux-1/default,1,0"}, False),
        ({"TERM": "screen-256color", "TERM_PROGRAM": "vscode"}, False),
        ({"TERM": "dumb", "FORCE_HYPERLINK": "1"}, False),
        ({}, False),
    ],
)
def test_links_are_shown_only_in_terminals_that_are_known_to_show_them(environ: dict[str, str], expected: bool) -> None:
    assert links.shows_links(environ) is expected


@pytest.mark.usefixtures("kitty")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"copy one whole from {URL}", f"copy one whole from {LINK}"),
        (f"see {URL}, then log in ({URL}).", f"see {LINK}, then log in ({LINK})."),
        ("no address: https:// and arka-ai.com", "no address: https:// and arka-ai.com"),
    ],
)
def test_text_of_a_link_is_its_address(text: str, expected: str) -> None:
    assert links.link(text, Screen()) == expected
    assert links.link(text, io.StringIO()) == text


@pytest.mark.usefixtures("kitty")
def test_link_ends_before_a_control_character() -> None:
    assert links.link("https://a.example\x1b[0mb", Screen()) == (
        "\x1b]8;;https://a.example\x1b\\https://a.example\x1b]8;;\x1b\\\x1b[0mb"
    )


@pytest.mark.usefixtures("kitty")
def test_messages_have_links_and_pipes_none(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, pipe = Screen(), io.StringIO()
    for stream in (screen, pipe):
        monkeypatch.setattr(sys, "stderr", stream)
        terminal.show_hint(f"open {URL}")
    assert LINK in screen.getvalue()
    assert pipe.getvalue() == f"hint: open {URL}\n"


@pytest.mark.usefixtures("kitty")
def test_links_do_not_change_the_columns_of_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    tables.show(("NAME", "URL", "MORE"), [("a", URL, "x"), ("b", "none", "y")])
    shown = screen.getvalue()
    assert LINK in shown
    plain = shown.replace(f"\x1b]8;;{URL}\x1b\\", "").replace("\x1b]8;;\x1b\\", "").splitlines()
    assert plain[2].index("x") == plain[3].index("y")


@pytest.mark.usefixtures("kitty")
def test_folded_address_is_not_a_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    tables.show(("NAME", "URL"), [("a", URL)])
    assert "\x1b]8" not in screen.getvalue()
    assert "https://arka-ai.com" in screen.getvalue()
