"""`--fix` makes the safe changes, says what it did and what it left, and has nothing to do the second time."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import OTHER, TOKEN
from tests.doctor.illnesses import ILLNESSES
from tests.doctor.test_healthy import everything

if TYPE_CHECKING:
    from tests.doctor.ward import Ward

SAFE = [name for name, illness in ILLNESSES.items() if illness.fixable]
LEFT = [name for name, illness in ILLNESSES.items() if not illness.fixable]


@pytest.mark.parametrize("name", SAFE)
def test_a_safe_fix_is_made_once(name: str, ward: Ward) -> None:
    environ = dict(ILLNESSES[name].make(ward) or {})
    tokens = {each: ward.store.tokens.storage(each) for each in ward.store.tokens.names()}
    done = ward.doctor("--fix", "--json", **environ)
    assert done.code == 0, done.out
    assert done.err.startswith("✓ Mended: ")
    assert (done.json["problems"], len(done.json["mended"]), done.json["left"]) == ([], 1, [])
    assert ward.store.tokens.names() == tokens.keys()
    before = everything(ward.home)
    again = ward.doctor("--fix", "--json", **environ)
    assert (again.code, again.err, again.json["mended"]) == (0, "", [])
    assert everything(ward.home) == before


@pytest.mark.parametrize("name", LEFT)
def test_what_is_a_person_s_to_decide_is_left_as_it_is(name: str, ward: Ward) -> None:
    environ = dict(ILLNESSES[name].make(ward) or {})
    before = everything(ward.home)
    done = ward.doctor("--fix", "--json", **environ)
    assert (done.json["mended"], len(done.json["left"])) == ([], 1)
    assert done.json["left"][0]["why"]
    assert everything(ward.home) == before


def test_a_file_that_is_another_one_s_too_is_left_alone(ward: Ward) -> None:
    """A hard link: who runs this as root in a folder of another user must not be led to the system's files."""
    theirs = ward.write(ward.path("theirs"), "x", 0o644)
    ward.data("tokens", "ci.json").unlink()
    os.link(theirs, ward.data("tokens", "ci.json"))
    done = ward.doctor("--fix")
    assert done.code == 1
    assert "warning: not mended: " in done.err
    assert "is a link, or no plain file: look at it first" in done.err
    assert theirs.stat().st_mode & 0o777 == 0o644


def test_a_link_to_a_file_elsewhere_is_not_followed(ward: Ward) -> None:
    theirs = ward.write(ward.path("theirs"), "x", 0o644)
    ward.data("tokens", "ci.json").unlink()
    ward.data("tokens", "ci.json").symlink_to(theirs)
    assert "warning: not mended: " in ward.doctor("--fix").err
    assert theirs.stat().st_mode & 0o777 == 0o644


def test_where_the_lock_cannot_be_had_nothing_is_changed(ward: Ward) -> None:
    ward.data("tokens", "ci.json").chmod(0o644)
    ward.state("lock").unlink()
    ward.state("lock").mkdir()
    done = ward.doctor("--fix")
    assert done.code == 1
    assert "not mended" in done.err
    assert "cannot lock" in done.err
    assert ward.data("tokens", "ci.json").stat().st_mode & 0o777 == 0o644


def test_what_was_mended_by_somebody_else_meanwhile_stays_mended(ward: Ward) -> None:
    """A fix looks again: a directory that is back keeps its pin."""
    from arka_config.doctor.machine import Machine
    from arka_config.doctor.registry import apply_fixes, run_checks

    ward.store.pin(str(ward.path("back")), "ci")
    machine = Machine(ward.store, directory=str(ward.home))
    found = run_checks(machine)
    ward.path("back").mkdir()
    assert [each.why for each in apply_fixes(machine, found)] == [""]
    assert ward.store.selection.pins() == {str(ward.path("back")): "ci"}


def test_a_sealed_token_is_the_one_that_was_plain(ward: Ward) -> None:
    ILLNESSES["a plain token beside the vault"].make(ward)
    assert ward.doctor("--fix").code == 0
    credential = ward.store.credential("late")
    assert (credential.storage, credential.token.reveal()) == ("sealed", OTHER)
    assert OTHER not in ward.data("tokens", "late.json").read_text()


def test_a_locked_vault_seals_nothing_and_says_how_to_open_it(ward: Ward) -> None:
    from arka_config.sealing import operations
    from arka_config.sealing.unlockers.registry import NewUnlocker

    operations.enable(ward.store.vault, [NewUnlocker("passphrase", passphrase="correct horse")])
    text = json.dumps({"version": 1, "token": OTHER, "origin": "https://arka-ai.com"})
    ward.write(ward.data("tokens", "late.json"), text)
    done = ward.doctor("--fix", "--json")
    (left,) = done.json["left"]
    assert (left["command"], left["fixable"]) == ('eval "$(arka vault unlock)" && arka doctor --fix', False)
    assert ward.data("tokens", "late.json").read_text() == text
    assert ward.after(left["command"], ARKA_PASSPHRASE="correct horse") == []
    assert TOKEN not in done.out
