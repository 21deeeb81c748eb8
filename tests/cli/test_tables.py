"""Tables on terminals of several widths and in a pipe, with and without colour."""

from __future__ import annotations

import io
import itertools
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.table import Table
from rich.text import Text

from arka_config import Credential, Origin, Secret, open_store
from arka_config.arka import app
from arka_config.cli.input import picker
from arka_config.cli.output import tables
from arka_config.text import visible
from tests.cli.program import TOKEN, Stream, arka
from tests.cli.pseudo_terminal import run_on_terminal
from tests.guarantees import numbers

if TYPE_CHECKING:
    from collections.abc import Callable

    from arka_config.cli.output.tables import Cell

TABLES = ["status", "profiles list", "profiles show", "config show --sources", "config path"]


@pytest.fixture
def three(two_profiles: Path) -> Path:
    """A third profile: its label has double-width characters, and its workspace URL is long."""
    store = open_store(app, {"ARKA_HOME": str(two_profiles)})
    url = "https://a-workspace-with-a-rather-long-name.arka-ai.com"
    store.log_in("build-machine-in-the-basement", Credential(Secret(TOKEN), Origin.of(url), label="研究室の🦊マシン"))
    return two_profiles


def run(line: str, home: Path, columns: int, **environ: str) -> tuple[list[str], str]:
    """Run a command line on a terminal; return the lines on its screen at the end, and the bytes sent to it."""
    variables = {"PATH": os.environ["PATH"], "HOME": str(home.parent), "ARKA_HOME": str(home), "TERM": "xterm-256color"}
    return run_on_terminal(line.split(), {**variables, "LANG": "C.UTF-8", **environ}, columns)


@pytest.mark.parametrize(("line", "columns"), numbers.part_of(itertools.product(TABLES, [60, 80, 120]), 4))
def test_table_fits_its_terminal(three: Path, line: str, columns: int) -> None:
    """If a row is too long, the terminal wraps it, and the screen has more lines than were sent."""
    lines, sent = run(line, three, columns)
    assert "─" * 10 in lines[1]
    assert len(lines) == len([row for row in sent.replace("\r\n", "\n").split("\n") if row.strip()])
    assert TOKEN not in sent


@pytest.mark.parametrize("columns", [80, 120])
def test_columns_align_with_headers_next_to_wide_characters(three: Path, columns: int) -> None:
    lines, _ = run("profiles list", three, columns)
    at = lines[0].index("URL")
    row = next(line for line in lines if "研究室" in line)
    halves = sum(character > "\u2fff" for character in row[:at])  # pyte's text has one character for their two cells
    assert row.index("https://") in (at, at - halves)


def test_profiles_list_at_80_columns(two_profiles: Path) -> None:
    lines, _ = run("profiles list", two_profiles, 80)
    assert [line.rstrip() for line in lines] == [
        "    PROFILE   TOKEN        EXPIRES      LABEL",
        "─" * len(lines[1]),
        "    ci        arka_…77d1   in 90 days   —",
        "●   work      arka_…9f3c   unknown      MacBook Pro",
    ]


@pytest.mark.parametrize("line", numbers.part_of([*TABLES, "use work", "token -p nosuch", "--help"], 2, first=1))
def test_colour_follows_the_terminal_and_variables(two_profiles: Path, line: str) -> None:
    _, sent = run(line, two_profiles, 80)
    assert ("\x1b[" in sent) is (line != "--help")
    for variables in ({"NO_COLOR": "1"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, {"TERM": "dumb"}):
        _, sent = run(line, two_profiles, 80, **variables)
        assert "\x1b[" not in sent
    piped = arka(*line.split())
    assert "\x1b[" not in piped.out + piped.err
    forced = arka(*line.split(), environ={"FORCE_COLOR": "1"})
    assert ("\x1b[" in forced.out + forced.err) is (line != "--help")


@pytest.mark.usefixtures("three")
def test_pipe_gets_full_plain_columns() -> None:
    lines = arka("profiles", "list").out.splitlines()
    assert lines[0].split() == ["PROFILE", "TOKEN", "EXPIRES", "LABEL", "URL"]
    assert lines[1].split()[-1] == "https://a-workspace-with-a-rather-long-name.arka-ai.com"
    assert all(line == line.rstrip() for line in lines)


def test_escape_in_an_edited_file_never_reaches_the_terminal(two_profiles: Path) -> None:
    (two_profiles / "config" / "profiles").mkdir(parents=True)
    (two_profiles / "config" / "profiles" / "evil.toml").write_text('description = "\\u001b]0;owned\\u0007"\n')
    for line in ("profiles list", "profiles show evil", "config show -p evil"):
        done = arka(*line.split())
        assert "\x1b" not in done.out + done.err
        assert "\x07" not in done.out + done.err
        assert "evil.toml: description contains a control character" in done.err


@pytest.mark.parametrize("label", ["\x1b]0;owned\x07", "\x1b[2J", "a\nb", "\x9b31m", "\u202etxt", "\r● evil"])
def test_edited_label_with_control_characters_is_refused_and_escaped(two_profiles: Path, label: str) -> None:
    path = two_profiles / "data" / "tokens" / "work.json"
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "label": label}, ensure_ascii=False))
    for line in ("profiles list", "profiles list --json", "profiles show", "status", "config show"):
        done = arka(*line.split())
        assert label not in done.out + done.err
        assert not set("\x1b\x07\x9b\r\u202e") & set(done.out + done.err)
        assert f"{path}: label is not a printable string" in (done.out if "--json" in line else done.err)


@pytest.mark.parametrize("label", ["日本語のラベル", "🦊🦊🦊", "한국어", "Ünïcödé", "wide カタカナ and narrow"])
@pytest.mark.parametrize("columns", [80, 100])
def test_column_after_a_wide_label_stays_aligned(two_profiles: Path, label: str, columns: int) -> None:
    store = open_store(app, {"ARKA_HOME": str(two_profiles)})
    for name, text in (("plain", "x"), ("wide", label)):
        store.log_in(name, Credential(Secret(TOKEN), Origin.of("https://eu.arka-ai.com"), label=text))
    _, sent = run("profiles list", two_profiles, columns)
    screen = pyte.Screen(columns, 60)
    pyte.Stream(screen).feed(sent)
    rows = [[screen.buffer[y][x].data for x in range(columns)] for y in range(60)]
    starts = {at for row in rows for at in range(columns - 8) if "".join(row[at : at + 8]) == "https://"}
    assert len(starts) == 1


TEXTS = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=8) | st.sampled_from(
    ["研究室の🦊マシン", "e\u0301", "…9f3c", "—", "", "a\u200db"]
)


ROWS = st.lists(st.tuples(TEXTS, TEXTS | st.tuples(TEXTS, st.just("dim"))), min_size=1, max_size=4)
HEADER = ("NAME", "A VALUE")


def show(rows: list[tuple[Cell, ...]], *, width: int | None = None) -> list[str]:
    """Return a table's lines in a pipe, or on a terminal of this width."""
    stream = Stream()
    stream.isatty = lambda: width is not None  # type: ignore[method-assign]
    environ = {"COLUMNS": str(width), "NO_COLOR": "1"}
    with mock.patch.object(sys, "stdout", stream), mock.patch.dict("os.environ", environ):
        tables.show(HEADER, rows)
    return stream.getvalue().removesuffix("\n").split("\n")


@given(ROWS)
def test_table_in_a_pipe_is_what_rich_draws(rows: list[tuple[Cell, ...]]) -> None:
    file = io.StringIO()
    table = Table(box=None, pad_edge=False, show_edge=False, padding=(0, 2, 0, 0))
    for name in HEADER:
        table.add_column(name, no_wrap=True)
    for row in rows:
        table.add_row(*(Text(visible(cell if isinstance(cell, str) else cell[0])) for cell in row))
    Console(file=file, width=10_000, highlight=False, markup=False, emoji=False).print(table)
    assert show(rows) == [line.rstrip() for line in file.getvalue().removesuffix("\n").split("\n")]


@given(ROWS, st.integers(20, 100))
def test_table_on_a_terminal_fits_and_loses_nothing(rows: list[tuple[Cell, ...]], width: int) -> None:
    lines = show(rows, width=width)
    assert all(tables.cell_width(line) <= width for line in lines)
    texts = [visible(cell if isinstance(cell, str) else cell[0]) for row in rows for cell in row]
    expected, shown = "".join([*HEADER, *texts]), "".join([lines[0], *lines[2:]])
    assert sorted("".join(expected.split())) == sorted("".join(shown.split()))  # not white space at the end of a line


@given(TEXTS.map(lambda text: " ".join([text] * 3)), st.integers(1, 30))
def test_fold_keeps_every_character_and_the_width(text: str, width: int) -> None:
    lines = tables.fold(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(tables.cell_width(line) <= width or len(line) == 1 for line in lines)


def test_fold_breaks_at_spaces_and_within_long_words() -> None:
    assert tables.fold("a token from $ARKA_CI_TOKEN", 12) == ["a token from", "$ARKA_CI_TOK", "EN"]


@pytest.mark.parametrize("shorten", [lambda text: tables.fold(text, 40), lambda text: [picker.clip(text, 40)]])
def test_time_for_a_long_text_grows_with_its_length_only(
    shorten: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[int] = []

    def measure(text: str) -> int:
        measured.append(len(text))
        return len(text)

    monkeypatch.setattr(tables, "cell_width", measure)
    lines = shorten("a long description, " * 1000)
    assert max(map(len, lines)) == 40
    assert sum(measured) < 40 * 20_000
