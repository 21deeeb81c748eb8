"""If a newer version wrote a file, nothing in it is changed, and the error names the way out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import arka
from tests.compatibility.conftest import restore
from tests.compatibility.scenario import ENVIRON, TOKENS

if TYPE_CHECKING:
    from pathlib import Path

# A file, and a line that would change it.
WRITERS = [
    ("data/tokens/work.json", "login -p work --with-token --no-verify --force"),
    ("data/tokens/work.json", "profiles rename work other"),
    ("state/pins.json", "use work --here"),
    ("state/ledger.json", "apply templates --yes --no-verify"),
    ("state/agreements.json", "apply templates --yes --no-verify"),
    ("state/journal.json", "doctor --fix"),
]


@pytest.fixture
def project(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that this version wrote."""
    folder = restore("unreleased", "plain", home)
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(("file", "line"), WRITERS)
def test_a_file_of_a_newer_version_is_reported_and_not_changed(file: str, line: str, project: Path) -> None:
    path = project.parent / "arka" / file
    assert arka("profiles", "remove", "stored", "--yes").code == 0  # so that there is something to apply
    text = json.dumps(json.loads(path.read_text("utf-8")) | {"version": 99}, indent=2) + "\n"
    path.write_text(text)
    done = arka(*line.split(), stdin=TOKENS["stored"], environ={"ARKA_NO_INPUT": "1", **ENVIRON})
    assert path.read_text("utf-8") == text
    assert done.code == 1
    assert "format 99 is newer than this program" in done.err + done.out
    assert file in done.err + done.out


def test_a_preference_of_a_newer_version_stays_in_the_file(project: Path) -> None:
    path = project.parent / "arka" / "config" / "config.toml"
    path.write_text('colour = "blue"\n' + path.read_text("utf-8"))
    done = arka("config", "set", "expiry_warning=7d")
    assert done.code == 0, done.err
    assert "unknown key 'colour'" in arka("profiles", "list").err
    assert 'colour = "blue"\n' in path.read_text("utf-8")
    assert 'expiry_warning = "7d"' in path.read_text("utf-8")
