"""The journal of tokens that are not known to be stored, and not known to be revoked."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from arka_config import timestamps
from arka_config.errors import ConfigWarning, MalformedFile, NewerFormat
from arka_config.store import journal as journals
from arka_config.store.journal import APPLY, ROTATE, Journal

if TYPE_CHECKING:
    from pathlib import Path

    from arka_config import ProfileStore

ORIGIN = "https://arka-ai.com"


@pytest.fixture
def journal(store: ProfileStore) -> Journal:
    store.reports_unfinished = False
    return store.journal


def test_first_lock_reports_what_was_left_behind_once(store: ProfileStore) -> None:
    with store.journal.begin(ROTATE, profile="work", origin=ORIGIN):
        pass
    with pytest.warns(ConfigWarning, match="a killed 'rotate' may have left a token for profile 'work'"), store.lock:
        pass
    with store.lock:
        pass


def test_entry_is_recorded_before_the_request_and_removed_at_the_end(journal: Journal) -> None:
    with journal.begin(ROTATE, profile="work", origin=ORIGIN, label="MacBook Pro") as entry:
        assert journal.entries() == [entry]
        entry.identify("tok_1", user="usr_1")
        (found,) = journal.entries()
        assert (found.id, found.user, found.label, found.process) == ("tok_1", "usr_1", "MacBook Pro", os.getpid())
        entry.finish()
    assert not os.path.exists(journal.path)


def test_entry_in_progress_is_not_left_behind(journal: Journal) -> None:
    with journal.begin(ROTATE, profile="work", origin=ORIGIN) as entry:
        assert journal.left_behind() == []
    assert journal.left_behind() == [entry]


def test_entry_of_a_killed_process_is_left_behind(journal: Journal) -> None:
    process = os.fork()
    if process == 0:
        journal.begin(ROTATE, profile="work", origin=ORIGIN)
        os._exit(0)
    os.waitpid(process, 0)
    assert [entry.process for entry in journal.left_behind()] == [process]


def test_entry_of_another_machine_is_left_behind_after_an_hour(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("socket.gethostname", lambda: "another")
        with journal.begin(ROTATE, profile="work", origin=ORIGIN) as entry:
            pass
    assert journal.left_behind() == []
    later = timestamps.now() + timedelta(hours=1)
    monkeypatch.setattr(timestamps, "now", lambda: later)
    assert journal.left_behind() == [entry]


def test_request_may_arrive_for_a_minute_unless_its_id_is_known(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def waits() -> list[bool]:
        return [entry.may_still_arrive for entry in journal.entries()]

    with journal.begin(ROTATE, profile="work", origin=ORIGIN) as entry:
        assert waits() == [True]
        later = timestamps.now() + timedelta(minutes=1)
        with monkeypatch.context() as patch:
            patch.setattr(timestamps, "now", lambda: later)
            assert waits() == [False]
        entry.identify("tok_1")
        assert waits() == [False]


def test_several_entries_are_finished_with_one_write(journal: Journal) -> None:
    entries = [journal.begin(APPLY, profile=name, origin=ORIGIN) for name in ("a", "b", "c")]
    journal.finish(*entries[:2])
    assert [entry.profile for entry in journal.entries()] == ["c"]
    journal.finish(entries[2])


def test_failure_to_remove_an_entry_is_not_an_error(journal: Journal) -> None:
    with journal.begin(ROTATE, profile="work", origin=ORIGIN) as entry:
        with open(journal.path, "w", encoding="utf-8") as file:
            file.write("damaged")
        entry.finish()


def test_keys_of_a_newer_program_are_ignored_and_kept(journal: Journal) -> None:
    with journal.begin(ROTATE, profile="work", origin=ORIGIN):
        pass
    with open(journal.path, encoding="utf-8") as file:
        document = json.load(file)
    (entry,) = document["tokens"].values()
    entry["colour"] = "red"
    with open(journal.path, "w", encoding="utf-8") as file:
        json.dump(document, file)
    with journal.begin(APPLY, profile="ci", origin=ORIGIN):
        assert len(journal.entries()) == 2
    with open(journal.path, encoding="utf-8") as file:
        assert [each.get("colour") for each in json.load(file)["tokens"].values()].count("red") == 1


GOOD = {"kind": "rotate", "profile": "work", "origin": ORIGIN, "begun": "2026-11-24T12:00:00Z", "process": 7}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"version": 1}',
        *[
            json.dumps({"version": 1, "tokens": {"k": GOOD | change}})
            for change in ({"process": True}, {"id": 7}, {"label": "\x1b[31m"}, {"kind": ""})
        ],
        json.dumps({"version": 1, "tokens": {"../x": GOOD}}),
    ],
)
def test_damaged_journal_is_an_error_with_a_hint(journal: Journal, text: str) -> None:
    os.makedirs(os.path.dirname(journal.path), mode=0o700, exist_ok=True)
    with open(journal.path, "w", encoding="utf-8") as file:
        file.write(text)
    with pytest.raises(MalformedFile) as caught:
        journal.entries()
    assert caught.value.hint == f"rm '{journal.path}'"


def test_journal_of_a_newer_program_is_refused(journal: Journal) -> None:
    os.makedirs(os.path.dirname(journal.path), mode=0o700, exist_ok=True)
    with open(journal.path, "w", encoding="utf-8") as file:
        file.write('{"version": 2, "tokens": {}}')
    with pytest.raises(NewerFormat):
        journal.begin(ROTATE, profile="work", origin=ORIGIN)


def test_left_entries_are_described_in_one_line(journal: Journal) -> None:
    for label, token_id in (("MacBook Pro", "tok_1"), ("", "")):
        with journal.begin(ROTATE, profile="work", origin=ORIGIN, label=label, token_id=token_id):
            pass
    text = journals.describe(sorted(journal.left_behind(), key=lambda entry: not entry.label), "arka")
    assert text == (
        "a killed 'rotate' may have left token 'MacBook Pro' (tok_1) for profile 'work' at https://arka-ai.com that no "
        "profile holds, and 1 more; to revoke what is left: arka doctor --fix"
    )


def test_journal_is_private(journal: Journal, home: Path) -> None:
    with journal.begin(ROTATE, profile="work", origin=ORIGIN):
        assert (home / "state" / "journal.json").stat().st_mode & 0o777 == 0o600
