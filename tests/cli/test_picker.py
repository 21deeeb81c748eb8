"""The picker: arrow keys, a filter, and a list that fits the terminal."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect
import pytest

from arka_config import Credential, Origin, Secret, open_store, timestamps
from arka_config.arka import app
from arka_config.cli.input import keys
from arka_config.cli.input.picker import Choice, Picker, clip
from arka_config.cli.output.tables import cell_width
from arka_config.errors import Cancelled
from tests.peers import executable

if TYPE_CHECKING:
    from collections.abc import Iterator

CHOICES = [
    Choice("ci", ("CI/CD Pipeline", "in 89 days")),
    Choice("laptop", ("MacBook Pro", ""), is_current=True),
    Choice("work", ("Größe 東京", "expired yesterday")),
]


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")


def press(picker: Picker, *pressed: str) -> str | None:
    chosen = None
    for key in pressed:
        chosen = picker.press(key)
    return chosen


@pytest.mark.parametrize(
    ("pressed", "chosen"),
    [
        ([keys.ENTER], "laptop"),
        ([keys.DOWN, keys.ENTER], "work"),
        ([keys.DOWN, keys.DOWN, keys.ENTER], "ci"),
        ([keys.UP, keys.UP, keys.ENTER], "work"),
        ([keys.HOME, keys.ENTER], "ci"),
        ([keys.END, keys.ENTER], "work"),
        ([keys.PAGE_UP, keys.ENTER], "ci"),
        ([*"pipe", keys.ENTER], "ci"),
        ([*"GRÖSSE", keys.ENTER], "work"),
        ([*"pro lap", keys.ENTER], "laptop"),
        ([*"expired", keys.BACKSPACE, keys.ENTER], "work"),
        ([*"nothing", keys.ENTER], None),
        ([*"nothing", keys.CLEAR, keys.ENTER], "ci"),
        ([*"wor", keys.ESCAPE, keys.UP, keys.ENTER], "laptop"),
    ],
)
def test_picker_returns_the_row_that_the_keys_choose(pressed: list[str], chosen: str | None) -> None:
    assert press(Picker("Which?", CHOICES), *pressed) == chosen


@pytest.mark.parametrize("key", [keys.ESCAPE, keys.END_OF_INPUT])
def test_escape_and_the_end_of_the_input_cancel(key: str) -> None:
    with pytest.raises(Cancelled, match="nothing was changed"):
        Picker("Which?", CHOICES).press(key)


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 200])
@pytest.mark.parametrize("rows", [4, 24])
def test_no_line_is_longer_than_the_terminal(columns: int, rows: int) -> None:
    many = [*CHOICES, *(Choice(f"profile-{at:03}" * 5, (f"label {at} " * 20, "in 90 days")) for at in range(200))]
    picker = Picker("Which profile?", many)
    for key in (keys.DOWN, keys.END, keys.PAGE_UP, *"label"):
        picker.press(key)
        lines = picker.lines(columns, rows)
        assert max(map(cell_width, lines)) < columns
        assert len(lines) < rows
        assert sum(line.startswith(">") for line in lines) == 1


def test_list_shows_label_and_expiry_in_columns() -> None:
    assert Picker("Which?", CHOICES).lines(60, 24)[:4] == [
        "Which? ",
        "    ci       CI/CD Pipeline   in 89 days",
        "> ● laptop   MacBook Pro",
        "    work     Größe 東京       expired yesterday",
    ]


def test_list_escapes_control_characters() -> None:
    picker = Picker("Which?", [Choice("a", ("\x1b[2Jx", ""))])
    assert r"\x1b[2Jx" in picker.lines(80, 24)[1]


def test_clip_counts_cells() -> None:
    assert [clip("東京都", width) for width in (6, 5, 4, 1)] == ["東京都", "東京…", "東…", "…"]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("\x1b[A\x1bOBx", [keys.UP, keys.DOWN, "x"]),
        ("\x1b[1~\x1b[4~\x1b[5~\x1b[6~", [keys.HOME, keys.END, keys.PAGE_UP, keys.PAGE_DOWN]),
        ("\x1b[1;5Cy\x1b[3~z", ["y", "z"]),
        ("\x1bq", [keys.ESCAPE, "q"]),
        ("\x7f\r\x15é", [keys.BACKSPACE, keys.ENTER, keys.CLEAR, "é"]),
        ("\x00\x1d", []),
    ],
)
def test_keys_are_read_from_what_a_terminal_sends(typed: str, expected: list[str]) -> None:
    found = []
    while typed:
        key, typed = keys.next_key(typed)
        found += [key] * bool(key)
    assert found == expected


# On a terminal


@pytest.fixture
def environ(home: Path, tmp_path: Path) -> dict[str, str]:
    store = open_store(app)
    end = timestamps.to_text(timestamps.parse_expiry("90d"))
    for number, (name, label) in enumerate((("ci", "CI/CD Pipeline"), ("eu", "Büro"), ("work", "MacBook Pro"))):
        token = Secret("arka_" + str(number) * 37)
        store.log_in(name, Credential(token, Origin.of("https://arka-ai.com"), label=label, expires=end))
    return {
        "HOME": str(tmp_path),
        "ARKA_HOME": str(home),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
    }


def active(home: Path) -> str:
    return (home / "state" / "active").read_text().split()[0]


@pytest.mark.parametrize(
    ("typed", "code", "name"),
    [
        ("\x1b[B\r", 0, "eu"),
        ("\x1b[A\r", 0, "work"),
        ("mac\r", 0, "work"),
        ("\x1bOB\x1bOB\r", 0, "work"),
        ("zzz\r\x15eu\r", 0, "eu"),
        ("\x1b", 1, "ci"),
        ("\x04", 1, "ci"),
        ("\x03", 130, "ci"),
    ],
)
def test_use_switches_to_the_picked_profile_and_restores_the_terminal(
    environ: dict[str, str], home: Path, typed: str, code: int, name: str
) -> None:
    command = "stty -a > before; arka use; echo ended $?; stty -a > after"
    child = pexpect.spawn("bash", ["-c", command], env=environ, cwd=str(home), encoding="utf-8", timeout=30)
    child.expect_exact("Enter chooses")
    child.send(typed)
    child.expect_exact(f"ended {code}")
    child.expect(pexpect.EOF)
    child.wait()
    assert active(home) == name
    assert (home / "before").read_text() == (home / "after").read_text()  # echo and line editing are back


@pytest.mark.parametrize("term", ["dumb", ""])
def test_use_asks_for_a_number_on_a_terminal_without_cursor_movement(
    environ: dict[str, str], home: Path, term: str
) -> None:
    child = pexpect.spawn("arka", ["use"], env=environ | {"TERM": term}, encoding="utf-8", timeout=30)
    child.expect_exact("Which profile (number or name): ")
    assert "●  1  ci  CI/CD Pipeline  in 90 days\r\n" in (child.before or "")
    assert "\x1b" not in (child.before or "")
    child.send("3\r")
    child.expect(pexpect.EOF)
    child.wait()
    assert active(home) == "work"


class Tmux:
    """A program in a window of a tmux server of its own."""

    def __init__(self, folder: Path, environ: dict[str, str], columns: int, command: str) -> None:
        self._program = [executable("tmux"), "-S", str(folder / "tmux"), "-f", "/dev/null"]
        self._environ = environ
        size = ["-x", str(columns), "-y", "24"]
        self.run("new-session", "-d", *size, f"{command}; printf 'ended %s' $?; cat")

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [*self._program, *words], env=self._environ, check=True, capture_output=True, text=True, timeout=30
        )
        return done.stdout

    def wait_for(self, text: str) -> list[str]:
        """Return the lines of the window once they contain a text."""
        end = time.monotonic() + 30
        while text not in (shown := self.run("capture-pane", "-p")):
            assert time.monotonic() < end, shown
        return shown.rstrip("\n").split("\n")


@pytest.fixture
def tmux(environ: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Tmux]:
    started = Tmux(tmp_path, environ, request.param, f"{shlex.quote(sys.executable)} -m arka_config use")
    yield started
    started.run("kill-server")


@pytest.mark.peer("tmux")
@pytest.mark.parametrize("tmux", [60, 80, 200], indirect=True, ids=lambda columns: f"{columns}-columns")
def test_picker_fits_terminals_of_different_widths(tmux: Tmux, home: Path) -> None:
    assert tmux.wait_for("Enter chooses") == [
        "Which profile?",
        "> ● ci     CI/CD Pipeline   in 90 days",
        "    eu     Büro             in 90 days",
        "    work   MacBook Pro      in 90 days",
        "  1/3 · ↑↓ move · type to filter · Enter chooses · Esc",
    ]
    tmux.run("send-keys", "Down", "Down")
    assert tmux.wait_for("  3/3")[3] == ">   work   MacBook Pro      in 90 days"
    tmux.run("send-keys", "-l", "bür")
    assert tmux.wait_for("bür")[:2] == ["Which profile? bür", ">   eu     Büro             in 90 days"]
    tmux.run("resize-window", "-x", "40")
    assert tmux.wait_for("…")[0] == "Which profile? bür"
    tmux.run("send-keys", "Enter")
    assert tmux.wait_for("ended 0") == ["✓ Profile 'eu' is active", "ended 0"]
    assert active(home) == "eu"
