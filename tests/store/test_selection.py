"""The active profile, the one before it, and the pins: two small files of the state folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arka_config.errors import InvalidValue, MalformedFile, NewerFormat
from arka_config.store.selection import Selection
from tests.store.samples import tree


@pytest.fixture
def selection(tmp_path: Path) -> Selection:
    return Selection(str(tmp_path / "state"))


def put(path: str, text: str) -> None:
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).write_text(text)


def test_at_first_nothing_is_active_or_pinned_and_no_file_is_made(selection: Selection, tmp_path: Path) -> None:
    assert selection.read_active() == (None, None)
    assert selection.read_pins() == {}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("active", "previous", "line"),
    [("work", None, "work -"), ("work", "home", "work home"), (None, "home", "- home"), (None, None, "- -")],
)
def test_the_active_profile_and_the_one_before_it_are_one_line(
    selection: Selection, active: str | None, previous: str | None, line: str
) -> None:
    selection.activate(active, previous=previous)
    assert selection.read_active() == (active, previous)
    assert Path(selection.active_path).read_text() == line + "\n"
    assert Path(selection.active_path).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["work", "work\n", "  work\n\n", "work\nhome"])
def test_a_line_that_a_person_wrote_is_read(selection: Selection, text: str) -> None:
    put(selection.active_path, text)
    assert selection.read_active()[0] == "work"


@pytest.mark.parametrize("text", ["", "\n", "Work", "../../etc/passwd", "a b c", "work.toml", "work\x1b[31m", "con"])
def test_an_active_file_that_holds_no_name_is_refused_with_what_mends_it(selection: Selection, text: str) -> None:
    put(selection.active_path, text)
    with pytest.raises(MalformedFile, match="active: not the name of a profile") as caught:
        selection.read_active()
    assert caught.value.hint == f"rm '{selection.active_path}'"


@given(st.text())
def test_whatever_the_active_file_holds_it_names_profiles_or_is_refused(text: str) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        selection = Selection(folder)
        Path(selection.active_path).write_bytes(text.encode("utf-8"))
        try:
            names = selection.read_active()
        except MalformedFile:
            return
        assert set(names) <= {None, *text.split()}


def test_pins_are_kept_as_they_are_given_and_sorted_in_the_file(selection: Selection) -> None:
    pins = {"/srv/work": "work", "/home/ada": "home", "/home/ada/ü x": "work"}
    selection.write_pins(pins)
    assert selection.read_pins() == pins
    kept = json.loads(Path(selection.pins_path).read_text())
    assert kept["version"] == 1
    assert list(kept["pins"]) == sorted(pins)
    selection.write_pins({})
    assert selection.read_pins() == {}


@pytest.mark.parametrize("directory", ["/tmp/evil\x1b[31m", "/tmp/two\nlines", "/tmp/\udcff", "/tmp/\u202e"])
def test_a_directory_that_could_not_be_shown_is_not_pinned(selection: Selection, directory: str) -> None:
    selection.write_pins({"/home": "home"})
    with pytest.raises(InvalidValue, match="the directory's path contains a forbidden character"):
        selection.write_pins({"/home": "home", directory: "work"})
    assert selection.read_pins() == {"/home": "home"}


def test_pins_of_a_newer_program_are_named_so_and_not_to_be_removed(selection: Selection) -> None:
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
def test_a_file_that_holds_no_pins_is_refused_and_left_as_it_is(selection: Selection, text: str, message: str) -> None:
    put(selection.pins_path, text)
    before = tree(str(Path(selection.pins_path).parent))
    with pytest.raises(MalformedFile) as caught:
        selection.read_pins()
    assert caught.value.message == selection.pins_path + message
    assert caught.value.hint == f"rm '{selection.pins_path}'"
    assert tree(str(Path(selection.pins_path).parent)) == before
