"""The tables on a terminal of 80 and of 60 columns, in a pipe, and in colour only where there is colour."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pexpect
import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arka_config import Credential, Origin, ProfileStore, Secret
from arka_config.arka import app
from arka_config.cli.output.tables import drawn, plain
from arka_config.text import visible
from tests.cli.program import TOKEN, Stream, arka

if TYPE_CHECKING:
    from arka_config.cli.output.tables import Cell

ARKA = str(Path(sys.executable).with_name("arka"))
TABLES = ["status", "profiles list", "profiles show", "config show --sources", "config path"]


@pytest.fixture
def three(two: Path) -> Path:
    """The two, and one with a label that a terminal draws wider than it is long, at a workspace with a long name."""
    store = ProfileStore.open(app, {"ARKA_HOME": str(two)})
    url = "https://a-workspace-with-a-rather-long-name.arka-ai.com"
    store.log_in("build-machine-in-the-basement", Credential(Secret(TOKEN), Origin.of(url), label="研究室の🦊マシン"))
    return two


def shown(line: str, home: Path, columns: int, **environ: str) -> tuple[list[str], str]:
    """The lines on the screen when the program has ended, and what it sent for them."""
    variables = {"PATH": os.environ["PATH"], "HOME": str(home.parent), "ARKA_HOME": str(home), "TERM": "xterm-256color"}
    child = pexpect.spawn(
        ARKA, line.split(), env={**variables, "LANG": "C.UTF-8", **environ}, encoding="utf-8", dimensions=(60, columns)
    )
    child.expect(pexpect.EOF)
    child.wait()
    child.close()
    screen = pyte.Screen(columns, 60)
    pyte.Stream(screen).feed(child.before or "")
    return [text.rstrip() for text in screen.display if text.strip()], child.before or ""


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("line", TABLES)
def test_a_table_fits_its_terminal(three: Path, line: str, columns: int) -> None:
    """Had a row been longer than the screen, the terminal would have broken it, and its end would begin a line."""
    lines, sent = shown(line, three, columns)
    assert "─" * 10 in lines[1]
    assert len(lines) == len([row for row in sent.replace("\r\n", "\n").split("\n") if row.strip()])
    assert TOKEN not in sent


@pytest.mark.parametrize("columns", [80, 120])
def test_columns_stand_under_their_headers_beside_wide_characters(three: Path, columns: int) -> None:
    lines, _ = shown("profiles list", three, columns)
    at = lines[0].index("URL")
    row = next(line for line in lines if "研究室" in line)
    halves = sum(character > "\u2fff" for character in row[:at])  # pyte's text has one character for their two cells
    assert row.index("https://") in (at, at - halves)


def test_the_screen_at_80_columns_is_the_one_we_want(two: Path) -> None:
    lines, _ = shown("profiles list", two, 80)
    assert [line.rstrip() for line in lines] == [
        "    PROFILE   TOKEN        EXPIRES      LABEL",
        "─" * len(lines[1]),
        "    ci        arka_…77d1   in 90 days   —",
        "●   work      arka_…9f3c   —            MacBook Pro",
    ]


@pytest.mark.parametrize("line", [*TABLES, "use work", "token -p nosuch", "--help"])
def test_colour_is_for_terminals_that_want_it(two: Path, line: str) -> None:
    _, sent = shown(line, two, 80)
    assert ("\x1b[" in sent) is (line != "--help")
    for variables in ({"NO_COLOR": "1"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, {"TERM": "dumb"}):
        _, sent = shown(line, two, 80, **variables)
        assert "\x1b[" not in sent
    piped = arka(*line.split())
    assert "\x1b[" not in piped.out + piped.err
    forced = arka(*line.split(), environ={"FORCE_COLOR": "1"})
    assert ("\x1b[" in forced.out + forced.err) is (line != "--help")


@pytest.mark.usefixtures("three")
def test_a_pipe_gets_plain_columns_with_nothing_cut_off() -> None:
    lines = arka("profiles", "list").out.splitlines()
    assert lines[0].split() == ["PROFILE", "TOKEN", "EXPIRES", "LABEL", "URL"]
    assert lines[1].split()[-1] == "https://a-workspace-with-a-rather-long-name.arka-ai.com"
    assert all(line == line.rstrip() for line in lines)


def test_an_escape_in_a_hand_edited_file_never_reaches_the_terminal(two: Path) -> None:
    (two / "config" / "profiles").mkdir(parents=True)
    (two / "config" / "profiles" / "evil.toml").write_text('description = "\\u001b]0;owned\\u0007"\n')
    for line in ("profiles list", "profiles show evil", "config show -p evil"):
        done = arka(*line.split())
        assert "\x1b" not in done.out + done.err
        assert "\x07" not in done.out + done.err
        assert "evil.toml: description holds a control character" in done.err


@pytest.mark.parametrize("label", ["\x1b]0;owned\x07", "\x1b[2J", "a\nb", "\x9b31m", "\u202etxt", "\r● evil"])
def test_a_hand_edited_label_is_refused_and_shown_escaped(two: Path, label: str) -> None:
    path = two / "data" / "tokens" / "work.json"
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "label": label}, ensure_ascii=False))
    for line in ("profiles list", "profiles list --json", "profiles show", "status", "config show"):
        done = arka(*line.split())
        assert label not in done.out + done.err
        assert not set("\x1b\x07\x9b\r\u202e") & set(done.out + done.err)
        assert f"{path}: label is not a plain text" in (done.out if "--json" in line else done.err)


@pytest.mark.parametrize("label", ["日本語のラベル", "🦊🦊🦊", "한국어", "Ünïcödé", "wide カタカナ and narrow"])
@pytest.mark.parametrize("columns", [80, 100])
def test_what_stands_after_a_wide_label_is_not_pushed_aside(two: Path, label: str, columns: int) -> None:
    store = ProfileStore.open(app, {"ARKA_HOME": str(two)})
    for name, text in (("plain", "x"), ("wide", label)):
        store.log_in(name, Credential(Secret(TOKEN), Origin.of("https://eu.arka-ai.com"), label=text))
    _, sent = shown("profiles list", two, columns)
    screen = pyte.Screen(columns, 60)
    pyte.Stream(screen).feed(sent)
    rows = [[screen.buffer[y][x].data for x in range(columns)] for y in range(60)]
    starts = {at for row in rows for at in range(columns - 8) if "".join(row[at : at + 8]) == "https://"}
    assert len(starts) == 1


TEXTS = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=8) | st.sampled_from(
    ["研究室の🦊マシン", "e\u0301", "…9f3c", "—", "", "a\u200db"]
)


@given(st.lists(st.tuples(TEXTS, TEXTS | st.tuples(TEXTS, st.just("dim"))), min_size=1, max_size=4))
def test_a_plain_table_is_the_one_that_rich_draws_for_a_pipe(rows: list[tuple[Cell, ...]]) -> None:
    with mock.patch.object(sys, "stdout", Stream()):
        assert plain(("NAME", "A VALUE"), rows, visible) == drawn(("NAME", "A VALUE"), rows, 1, visible)
