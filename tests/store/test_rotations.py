"""The record of rotations in progress."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from arka_config.errors import ConfigError, MalformedFile, NewerFormat
from arka_config.store.rotations import Rotations

if TYPE_CHECKING:
    from pathlib import Path

    from arka_config import ProfileStore


@pytest.fixture
def rotations(store: ProfileStore) -> Rotations:
    return Rotations(store.folders.state, store.lock)


def test_rotation_is_recorded_while_it_runs(rotations: Rotations) -> None:
    with rotations.record("work"), rotations.record("ci"):
        assert rotations.read() == {"work": os.getpid(), "ci": os.getpid()}
    assert not os.path.exists(rotations.path)


@pytest.mark.parametrize(("error", "left"), [(ConfigError("refused"), []), (KeyboardInterrupt(), ["work"])])
def test_interrupted_rotation_stays_recorded_and_a_failed_one_does_not(
    rotations: Rotations, error: BaseException, left: list[str]
) -> None:
    with pytest.raises(type(error)), rotations.record("work"):
        raise error
    assert list(rotations.read()) == left


def test_record_that_cannot_be_removed_is_no_error(rotations: Rotations, tmp_path: Path) -> None:
    with rotations.record("work"), open(rotations.path, "w", encoding="utf-8") as file:
        file.write("{")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 1}', '{"version": 1, "rotations": {"work": {"process": true}}}']
)
def test_damaged_record_is_an_error_with_a_hint(rotations: Rotations, text: str) -> None:
    os.makedirs(os.path.dirname(rotations.path), mode=0o700, exist_ok=True)
    with open(rotations.path, "w", encoding="utf-8") as file:
        file.write(text)
    with pytest.raises(MalformedFile) as caught:
        rotations.read()
    assert caught.value.hint == f"rm '{rotations.path}'"


def test_record_of_a_newer_program_is_refused(rotations: Rotations) -> None:
    os.makedirs(os.path.dirname(rotations.path), mode=0o700, exist_ok=True)
    with open(rotations.path, "w", encoding="utf-8") as file:
        file.write('{"version": 2, "rotations": {}}')
    with pytest.raises(NewerFormat):
        rotations.read()
