"""The documented formats of files: the readers know exactly their keys, and every written file has its format."""

from __future__ import annotations

from pathlib import Path
from typing import get_type_hints

import jsonschema_rs
import pytest

from arka_config.cli.output.documents.vault import UnlockerDocument
from arka_config.cli.reference.files import FILES
from arka_config.references.registry import KINDS
from arka_config.sealing import data_key, keyring_tokens, known_vault, sealed_tokens, sessions
from arka_config.sealing.formats import (
    DataKeyFile,
    KeyringEntry,
    KeyringTokenFile,
    KnownVaultFile,
    SealedTokenFile,
    SessionFile,
    UnlockerTable,
)
from arka_config.sealing.unlockers import registry as unlockers
from arka_config.store import files, journal, preferences, profiles, tokens
from arka_config.store.formats import JournalEntry, PlainTokenFile, PreferencesFile, ProfileFile, ReferenceTable
from arka_config.store.system import system_of
from arka_config.templates import ledger
from arka_config.templates.formats import LedgerEntry, RecordedTokenTable
from tests.file_formats import find_violations, pattern_of
from tests.pages import ROOT
from tools import render_file_formats
from tools.json_schema import keys

RECORDED = ROOT / "tests" / "compatibility"
HOMES = [*RECORDED.glob("*/*/arka"), ROOT / "tests" / "sealing" / "vectors"]


def names(document: type, *, required: bool | None = None) -> set[str]:
    return {key.name for key in keys(document) if required in (None, key.is_required)}


def test_readers_know_the_keys_that_are_documented() -> None:
    assert names(PlainTokenFile) == {"version", "token", "origin", *tokens._TEXTS}
    assert names(SealedTokenFile) == sealed_tokens._KEYS
    assert names(KeyringTokenFile) == keyring_tokens._KEYS
    assert names(KeyringEntry) == set(keyring_tokens._PARTS)
    assert names(DataKeyFile) == set(data_key._KEYS)
    assert names(DataKeyFile, required=False) == set(data_key._OPTIONAL)
    assert {"kind", *data_key._WRAPPING} == names(UnlockerTable, required=True)
    assert names(KnownVaultFile) == {"version", *known_vault._KEYS}
    assert names(SessionFile) == set(sessions._KEYS)
    assert names(ProfileFile) == set(profiles._KEYS)
    assert names(ReferenceTable) == set(KINDS)
    assert names(JournalEntry) == {*journal._TEXTS, "process"}
    assert names(LedgerEntry) == set(ledger.Entry._fields)
    assert names(RecordedTokenTable) == set(ledger.RecordedToken._fields)


def test_unlockers_have_the_documented_details() -> None:
    details = {name: kind for each in unlockers.KINDS for name, kind in unlockers.load(each).details.items()}
    for document in (UnlockerTable, UnlockerDocument):
        hints = {key.name: key.type for key in keys(document) if not key.is_required}
        assert hints == details, document


def test_preferences_have_the_documented_types() -> None:
    assert names(PreferencesFile) == set(preferences.KINDS)
    hints = get_type_hints(PreferencesFile)
    assert {key: getattr(hints[key], "__origin__", hints[key]) for key in hints} == preferences.KINDS


@pytest.mark.parametrize("home", HOMES, ids=lambda home: "-".join(home.relative_to(ROOT / "tests").parts[:3]))
def test_recorded_files_have_the_documented_formats(home: Path) -> None:
    found = [path for path in home.rglob("*") if path.is_file()]
    checked = [(str(path), pattern_of(path.relative_to(home).as_posix())) for path in found]
    assert any(pattern for _, pattern in checked)
    broken = [
        f"{path}: {find_violations(pattern, Path(path).read_text('utf-8'))}" for path, pattern in checked if pattern
    ]
    assert [each for each in broken if not each.endswith(": []")] == []


def test_a_file_in_another_format_fails_the_test(tmp_path: Path) -> None:
    path = str(tmp_path / "pins.json")
    assert files.write(path, '{"version": 1, "pins": {"/home/you": "work"}}')
    for text in ('{"version": 2, "pins": {}}', '{"version": 1, "pins": {}, "other": 1}', '{"version": 1}'):
        with pytest.raises(pytest.fail.Exception, match="in another format"):
            files.write(path, text)


def test_formats_are_current_in_the_reference() -> None:
    for name, text in render_file_formats.render().items():
        page = (ROOT / "docs" / "reference" / name).read_text("utf-8")
        assert page == text, f"docs/reference/{name} is out of date: run 'make docs'"


def test_the_folders_are_those_of_each_system() -> None:
    table = render_file_formats.folder_table()
    for system, row in (("linux", "Linux"), ("darwin", "macOS")):
        found = next(line for line in table.splitlines() if line.startswith(f"| {row} |"))
        assert all(f"`{folder}/arka`" in found for folder in system_of(system).base_folders("~"))


def test_every_file_with_keys_is_in_the_list_of_files() -> None:
    listed = {file.path.replace("NAME", "work").replace("SETTING", "pin").replace("ID", "0f") for file in FILES}
    with_keys = {path for path in listed if path.endswith((".json", ".toml"))}
    assert {path for path in with_keys if pattern_of(path) is None} == set()
    patterns = {pattern_of(path) for path in with_keys}
    assert patterns == set(render_file_formats.FORMATS) - {r"[^/]*plan[^/]*\.json"}


def test_the_published_schema_is_valid() -> None:
    jsonschema_rs.meta.validate(render_file_formats.schema_file())
