"""The active profile, the previous one, and the pins are two files in the state folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arka_config.errors import InvalidValue, MalformedFile, NewerFormat
from arka_config.store.selection import Selection
from tests.store.samples import read_tree


@pytest.fixture
def selection(tmp_path: Path) -> Selection:
    return Selection(str(tmp_path / "state"))


def put(path: str, text: str) -> None:
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).write_text(text)


def test_new_selection_is_empty_and_creates_no_file(selection: Selection, tmp_path: Path) -> None:
    assert selection.read_active() == (None, None)
    assert selection.read_pins() == {}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("active", "previous", "line"),
    [("work", None, "work -"), ("work", "home", "work home"), (None, "home", "- home"), (None, None, "- -")],
)
def test_active_file_is_one_line_with_two_names(
    selection: Selection, active: str | None, previous: str | None, line: str
) -> None:
    selection.activate(active, previous=previous)
    assert selection.read_active() == (active, previous)
    assert Path(selection.active_path).read_text() == line + "\n"
    assert Path(selection.active_path).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["work", "work\n", "  work\n\n", "work\nhome"])
def test_active_file_edited_by_the_user_is_read(selection: Selection, text: str) -> None:
    put(selection.active_path, text)
    assert selection.read_active()[0] == "work"


@pytest.mark.parametrize("text", ["", "\n", "Work", "../../etc/passwd", "a b c", "work.toml", "work\x1b[31m", "con"])
def test_invalid_active_file_is_an_error_with_a_hint(selection: Selection, text: str) -> None:
    put(selection.active_path, text)
    with pytest.raises(MalformedFile, match="active: not the name of a profile") as caught:
        selection.read_active()
    assert caught.value.hint == f"rm '{selection.active_path}'"


@given(st.text())
def test_active_file_with_any_text_names_profiles_or_is_an_error(text: str) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        selection = Selection(folder)
        Path(selection.active_path).write_bytes(text.encode("utf-8"))
        try:
            names = selection.read_active()
        except MalformedFile:
            return
        assert set(names) <= {None, *text.split()}


def test_pins_round_trip_and_are_sorted(selection: Selection) -> None:
    pins = {"/srv/work": "work", "/home/ada": "home", "/home/ada/ü x": "work"}
    selection.write_pins(pins)
    assert selection.read_pins() == pins
    kept = json.loads(Path(selection.pins_path).read_text())
    assert kept["version"] == 1
    assert list(kept["pins"]) == sorted(pins)
    selection.write_pins({})
    assert selection.read_pins() == {}


@pytest.mark.parametrize("directory", ["/tmp/evil\x1b[31m", "/tmp/two\nlines", "/tmp/\udcff", "/tmp/\u202e"])
def test_pin_refuses_an_unprintable_directory(selection: Selection, directory: str) -> None:
    selection.write_pins({"/home": "home"})
    with pytest.raises(InvalidValue, match="the directory's path (contains a forbidden character|is not UTF-8 text)"):
        selection.write_pins({"/home": "home", directory: "work"})
    assert selection.read_pins() == {"/home": "home"}


def test_pins_in_a_newer_format_are_an_error_without_rm(selection: Selection) -> None:
    put(selection.pins_path, '{"version": 2, "pins": []}')
    with pytest.raises(NewerFormat) as caught:
        selection.read_pins()
    assert caught.value.message == f"{selection.pins_path}: format 2 is newer than this program"
    assert caught.value.hint == "update this program"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ", line 1, column 1: not JSON"),
        ('{\n"pins": }', ", line 2, column 9: not JSON"),
        ("[]", ": not a file of pinned directories"),
        ('{"pins": {}}', ": not a file of pinned directories"),
        ('{"version": 0, "pins": {}}', ": not a file of pinned directories"),
        ('{"version": 1, "pins": []}', ": not a file of pinned directories"),
        ('{"version": 1, "pins": {"/x": 1}}', ": not a file of pinned directories"),
        ('{"version": 1, "pins": {"/x": "../work"}}', ": not a file of pinned directories"),
        ('{"version": 1, "pins": {"/x\\u001b[31m": "work"}}', ": not a file of pinned directories"),
        ('{"version": ' + "9" * 5000 + "}", ": not JSON"),
        ("[" * 100_000, ": not JSON"),
    ],
    ids=lambda text: text[:40],
)
def test_invalid_pins_file_is_an_error_and_not_overwritten(selection: Selection, text: str, message: str) -> None:
    put(selection.pins_path, text)
    before = read_tree(str(Path(selection.pins_path).parent))
    with pytest.raises(MalformedFile) as caught:
        selection.read_pins()
    assert caught.value.message == selection.pins_path + message
    assert caught.value.hint == f"rm '{selection.pins_path}'"
    assert read_tree(str(Path(selection.pins_path).parent)) == before
