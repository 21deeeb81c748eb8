"""`--fix` makes the safe changes and no others, and reports both. If it is run again, it changes nothing."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from arka_config.sealing.vault import vault_of
from tests.cli.program import OTHER, TOKEN
from tests.doctor.all_cases import CASES
from tests.doctor.test_healthy import snapshot

if TYPE_CHECKING:
    from tests.doctor.user_home import UserHome

FIXABLE = [name for name, case in CASES.items() if case.fixable]
OTHERS = [name for name, case in CASES.items() if not case.fixable]


@pytest.mark.parametrize("name", FIXABLE)
def test_fix_fixes_the_problem_once(name: str, user_home: UserHome) -> None:
    environ = dict(CASES[name].create(user_home) or {})
    tokens = {each: user_home.store.tokens.read_storage(each) for each in user_home.store.tokens.names()}
    done = user_home.doctor("--fix", "--json", **environ)
    assert done.code == 0, done.out
    assert done.err.startswith("✓ Fixed: ")
    assert (done.json["problems"], len(done.json["fixed"]), done.json["left"]) == ([], 1, [])
    assert user_home.store.tokens.names() == tokens.keys()
    before = snapshot(user_home.home)
    again = user_home.doctor("--fix", "--json", **environ)
    assert (again.code, again.err, again.json["fixed"]) == (0, "", [])
    assert snapshot(user_home.home) == before


@pytest.mark.parametrize("name", OTHERS)
def test_fix_changes_nothing_if_the_user_has_to_decide(name: str, user_home: UserHome) -> None:
    environ = dict(CASES[name].create(user_home) or {})
    before = snapshot(user_home.home)
    done = user_home.doctor("--fix", "--json", **environ)
    assert (done.json["fixed"], len(done.json["left"])) == ([], 1)
    assert done.json["left"][0]["why"]
    assert snapshot(user_home.home) == before


def test_fix_does_not_change_a_file_with_hard_links(user_home: UserHome) -> None:
    """If root runs doctor in another user's folder, a hard link there must not lead it to change a system file."""
    target = user_home.write(user_home.path("target"), "x", 0o644)
    user_home.data("tokens", "ci.json").unlink()
    os.link(target, user_home.data("tokens", "ci.json"))
    done = user_home.doctor("--fix")
    assert done.code == 1
    assert "warning: not fixed: " in done.err
    assert "is a link or a special file: check what it is first" in done.err
    assert target.stat().st_mode & 0o777 == 0o644


def test_fix_does_not_follow_a_symbolic_link(user_home: UserHome) -> None:
    target = user_home.write(user_home.path("target"), "x", 0o644)
    user_home.data("tokens", "ci.json").unlink()
    user_home.data("tokens", "ci.json").symlink_to(target)
    assert "warning: not fixed: " in user_home.doctor("--fix").err
    assert target.stat().st_mode & 0o777 == 0o644


def test_fix_does_not_write_gitignore_through_a_link(user_home: UserHome) -> None:
    user_home.path(".local/share/.git").mkdir()
    target = user_home.write(user_home.path(".bashrc"), "export EDITOR=vi\n")
    user_home.data(".gitignore").symlink_to(target)
    assert "Fixed: created" in user_home.doctor("--fix").err
    assert target.read_text() == "export EDITOR=vi\n"
    assert user_home.data(".gitignore").read_text() == "*\n"


def test_fix_changes_nothing_without_the_lock(user_home: UserHome) -> None:
    user_home.data("tokens", "ci.json").chmod(0o644)
    user_home.state("lock").unlink()
    user_home.state("lock").mkdir()
    done = user_home.doctor("--fix")
    assert done.code == 1
    assert "not fixed" in done.err
    assert "cannot lock" in done.err
    assert user_home.data("tokens", "ci.json").stat().st_mode & 0o777 == 0o644


def test_fix_keeps_the_pin_of_a_directory_that_exists_again(user_home: UserHome) -> None:
    from arka_config.doctor.machine import Machine
    from arka_config.doctor.registry import apply_fixes, run_checks

    user_home.store.pin(str(user_home.path("back")), "ci")
    machine = Machine(user_home.store, directory=str(user_home.home))
    problems = run_checks(machine)
    user_home.path("back").mkdir()
    assert [each.why for each in apply_fixes(machine, problems)] == [""]
    assert user_home.store.selection.read_pins() == {str(user_home.path("back")): "ci"}


def test_fix_seals_a_plain_token_without_changing_it(user_home: UserHome) -> None:
    CASES["a plain token although sealing is on"].create(user_home)
    assert user_home.doctor("--fix").code == 0
    credential = user_home.store.credential("late")
    assert (credential.storage, credential.token.reveal()) == ("sealed", OTHER)
    assert OTHER not in user_home.data("tokens", "late.json").read_text()


def test_fix_of_a_plain_token_needs_an_unlocked_vault(user_home: UserHome) -> None:
    from arka_config.sealing import operations
    from arka_config.sealing.unlockers.registry import NewUnlocker

    operations.enable(vault_of(user_home.store), [NewUnlocker("passphrase", passphrase="correct horse")])
    text = json.dumps({"version": 1, "token": OTHER, "origin": "https://arka-ai.com"})
    user_home.write(user_home.data("tokens", "late.json"), text)
    done = user_home.doctor("--fix", "--json")
    (left,) = done.json["left"]
    assert (left["command"], left["fixable"]) == ('eval "$(arka vault unlock)" && arka doctor --fix', False)
    assert user_home.data("tokens", "late.json").read_text() == text
    assert user_home.problems_after(left["command"], ARKA_PASSPHRASE="correct horse") == []
    assert TOKEN not in done.out
