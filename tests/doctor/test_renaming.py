"""doctor writes the current names of settings to profiles, templates and stored secrets."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from typing import TYPE_CHECKING, Any

import pytest

from arka_config import ConfigWarning, Secret, open_store
from arka_config.doctor.machine import Machine
from arka_config.doctor.registry import apply_fixes, run_checks
from arka_config.sealing import operations
from arka_config.sealing.unlockers.registry import NewUnlocker
from arka_config.sealing.vault import vault_of
from arka_config.settings import renaming
from arka_config.templates.approvals import Approvals
from arka_config.testing import Result, run_program
from tests.faults import Fault, FaultInjector, ForkedWorker, distinct, snapshots_after_kills
from tests.folder_snapshot import FolderSnapshot
from tests.settings.renamed import Settings, app

if TYPE_CHECKING:
    from pathlib import Path

    from arka_config.doctor.problem import Problem
    from tests.sealing.memory_keyring import MemoryKeyring


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ACME_HOME", str(tmp_path / "acme"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def acme(*words: str) -> Result:
    return run_program(app.main(), words)


def write_profile(home: Path, text: str) -> Path:
    path = home / "acme" / "config" / "profiles" / "work.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def check(name: str) -> tuple[Machine, list[Problem]]:
    machine = Machine(open_store(app), directory="/")
    return machine, [each for each in run_checks(machine) if each.check == name]


# Templates

LAID_OUT = """\
# Runners of the build farm.
version = 1  # of the format\r
[profile]
name    = "work"

[settings]   # ours
  "wait" =   7     # seconds
  tags = [ # none
  ]
colour = "red"  # nice
network = { attempts = 9, headers = { wait = "1" } }   # inline
"""
MODERN = LAID_OUT.replace('"wait" =   7', "timeout =   7").replace("  tags = [ # none\n  ]\n", "")
MODERN = MODERN.replace('colour = "red"  # nice\n', "").replace("network = { attempts", "http = { retries")


@pytest.fixture
def template(home: Path) -> Path:
    """An applied template in a git repository."""
    path = home / "repo" / "profiles" / "work.toml"
    path.parent.mkdir(parents=True)
    (home / "repo" / ".git").mkdir()
    path.write_text(LAID_OUT.replace("  tags = [ # none\n  ]\n", ""), "utf-8", newline="")
    path.chmod(0o664)
    done = acme("apply", str(path.parent), "--yes")
    assert done.code == 0, done.err
    return path


def list_problems(done: Result, check: str = "templates") -> list[dict[str, Any]]:
    return [each for each in json.loads(done.out)["problems"] if each["check"] == check]


def test_doctor_rewrites_an_applied_template_and_keeps_its_layout(home: Path, template: Path) -> None:
    before = template.read_bytes()
    problems = list_problems(acme("doctor", "--json"))
    assert [(each["place"], each["message"], each["command"]) for each in problems] == [
        (f"{template}:7", "settings.wait is an old name: it is settings.timeout now", "acme doctor --fix"),
        (f"{template}:8", "settings.colour has no effect any more: NO_COLOR does it", "acme doctor --fix"),
        (
            f"{template}:9",
            "settings.network.attempts is an old name: it is settings.http.retries now",
            "acme doctor --fix",
        ),
        (
            f"{template}:9",
            "settings.network.headers is an old name: it is settings.http.headers now",
            "acme doctor --fix",
        ),
    ]
    assert template.read_bytes() == before
    done = acme("doctor", "--fix")
    assert done.code == 0, done.out + done.err
    for change in ("renamed settings.wait to settings.timeout in", "removed settings.colour from"):
        assert f"Fixed: {change} {template}, in the git work tree {home / 'repo'}" in done.err
    assert template.read_bytes() == MODERN.encode()
    assert template.stat().st_mode & 0o777 == 0o664
    assert list(template.parent.iterdir()) == [template]


def test_template_that_doctor_rewrote_is_still_approved_and_has_the_same_plan(template: Path) -> None:
    assert acme("doctor", "--fix").code == 0
    done = acme("plan", str(template.parent))
    assert (done.code, "old name" in done.err) == (0, False)
    approvals = Approvals(open_store(app).folders.state)
    (names,) = approvals.folders.values()
    assert names == {"work.toml": hashlib.sha256(template.read_bytes()).hexdigest()}


def test_template_that_was_changed_since_its_approval_is_not_approved_by_a_rewrite(template: Path) -> None:
    approved = Approvals(open_store(app).folders.state).folders
    template.write_text(template.read_text("utf-8").replace("7", "8"), "utf-8")
    assert acme("doctor", "--fix").code == 0
    assert "timeout =   8" in template.read_text("utf-8")
    assert Approvals(open_store(app).folders.state).folders == approved


def test_doctor_rewrites_templates_that_it_is_given(home: Path) -> None:
    path = home / "new" / "ci.toml"
    path.parent.mkdir()
    path.write_text('version = 1\n[profile]\nname = "ci"\n[settings]\nwait = 7\n')
    assert list_problems(acme("doctor", "--json")) == []
    (problem,) = list_problems(acme("doctor", "new", "--json"))
    assert (problem["place"], problem["command"]) == ("new/ci.toml:5", "acme doctor --fix new")
    assert "1 problem; acme doctor --fix new fixes it" in acme("doctor", "new").out
    assert acme("doctor", "--fix", "new").code == 0
    assert path.read_text().endswith("[settings]\ntimeout = 7\n")
    done = acme("doctor", "nosuch")
    assert (done.code, "nosuch does not exist" in done.err) == (2, True)
    path.write_text("version = 1\n[profile\n")
    (problem,) = list_problems(acme("doctor", "new", "--json"))
    assert (problem["place"], problem["severity"]) == ("new/ci.toml:2", "error")


def test_template_that_is_a_link_is_reported_and_not_rewritten(home: Path, template: Path) -> None:
    elsewhere = home / "elsewhere.toml"
    template.rename(elsewhere)
    template.symlink_to(elsewhere)
    other = template.with_name("other.toml")
    other.write_bytes(elsewhere.read_bytes())
    template.unlink()
    template.symlink_to(other)
    before = other.read_bytes()
    problems = list_problems(acme("doctor", "--json"))
    assert {each["advice"] for each in problems} == {f"--fix does not change it: it is a symbolic link to {other}"}
    assert not any(each["fixable"] for each in problems)
    assert acme("doctor", "--fix").code == 1
    assert (template.is_symlink(), other.read_bytes()) == (True, before)


def test_template_that_becomes_a_link_after_the_check_is_not_rewritten(home: Path, template: Path) -> None:
    machine, problems = check("templates")
    secret = home / "secret.toml"
    secret.write_bytes(template.read_bytes())
    template.unlink()
    template.symlink_to(secret)
    results = apply_fixes(machine, problems)
    assert {result.why for result in results} == {f"{template} is a symbolic link to {secret}"}
    assert (template.is_symlink(), secret.read_bytes().count(b"wait")) == (True, 2)


def test_template_of_another_user_is_reported_and_not_rewritten(
    template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Machine, "owner", os.getuid() + 1)
    _, problems = check("templates")
    assert {each.advice for each in problems} == {"--fix does not change it: it belongs to another user"}
    assert not any(each.fix for each in problems)


def test_template_with_both_names_is_left_to_the_user(template: Path) -> None:
    text = template.read_text("utf-8").replace("colour", "timeout").replace('"red"', "5")
    template.write_text(text, "utf-8")
    problems = list_problems(acme("doctor", "--json"))
    assert (
        problems[0]["message"]
        == "settings.wait is settings.timeout under an old name, and the template has both: keep one"
    )
    assert not any(each["fixable"] for each in problems)
    assert acme("doctor", "--fix").code == 1
    assert template.read_text("utf-8") == text


def test_missing_template_is_not_reported(template: Path) -> None:
    template.unlink()
    assert list_problems(acme("doctor", "--json")) == []


def test_template_that_is_edited_while_doctor_rewrites_it_keeps_the_edit(
    template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modernize = renaming.modernize

    def edit_meanwhile(*arguments: Any) -> str:
        template.write_text("# edited\n", "utf-8")
        return modernize(*arguments)

    monkeypatch.setattr("arka_config.doctor.renaming.modernize", edit_meanwhile)
    done = acme("doctor", "--fix")
    assert "was changed meanwhile" in done.err
    assert template.read_text("utf-8") == "# edited\n"


def test_a_kill_at_any_step_of_a_rewrite_leaves_the_old_template_or_the_new_one(home: Path, template: Path) -> None:
    before = template.read_bytes()

    def rewrite() -> None:
        assert acme("doctor", "--fix").code == 0

    killed = snapshots_after_kills(rewrite, home)
    assert template.read_bytes() == MODERN.encode()
    assert len(killed) > 8
    for step, snapshot in distinct(killed):
        snapshot.restore(home)
        assert template.read_bytes() in (before, MODERN.encode()), step
        rewrite()
        assert (template.read_bytes(), list(template.parent.iterdir())) == (MODERN.encode(), [template])


# Profiles


def test_profile_keeps_its_layout_and_a_link_to_it_is_named(home: Path) -> None:
    dotfiles = home / "dotfiles" / "work.toml"
    dotfiles.parent.mkdir()
    dotfiles.write_text("# mine\n[settings]\n  wait   =   7   # slow\ncolour = 'red'\n", "utf-8")
    path = home / "acme" / "config" / "profiles" / "work.toml"
    path.parent.mkdir(parents=True)
    path.symlink_to(dotfiles)
    done = acme("doctor", "--fix")
    assert f"renamed settings.wait to settings.timeout in {path}, a link to {dotfiles}" in done.err
    assert dotfiles.read_text("utf-8") == "# mine\n[settings]\n  timeout   =   7   # slow\n"
    assert path.is_symlink()


def test_profile_of_another_user_is_not_rewritten(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_profile(home, "[settings]\nwait = 7\n")
    monkeypatch.setattr(Machine, "owner", os.getuid() + 1)
    machine, problems = check("profiles")
    assert [result.why for result in apply_fixes(machine, problems)] == [f"{path} belongs to another user"]
    assert path.read_text() == "[settings]\nwait = 7\n"


def test_doctor_fix_renames_keys_and_keeps_comments(home: Path) -> None:
    network = '[settings.network]\nattempts = 9\n[settings.network.headers]\na = "1"\n'
    text = f"# mine\n[settings]\nwait = 7  # slow\n\n{network}"
    path = write_profile(home, text)
    found = {each["message"]: each for each in json.loads(acme("doctor", "--json").out)["problems"]}
    assert "settings.wait is an old name: it is settings.timeout now" in found
    assert acme("doctor", "--fix").code == 0
    assert path.read_text() == text.replace("wait", "timeout").replace("network", "http").replace("attempts", "retries")
    settings = Settings.load(profile="work")
    assert (settings.timeout, settings.http.retries, settings.http.headers) == (7, 9, {"a": "1"})


def test_doctor_fix_drops_an_old_key_that_has_no_effect(home: Path) -> None:
    path = write_profile(home, "[settings]\nwait = 7\ntimeout = 5\n")
    (problem,) = list_problems(acme("doctor", "--json"), "profiles")
    assert problem["message"] == "settings.wait has no effect: settings.timeout is set too"
    done = acme("doctor", "--fix")
    assert (done.code, f"removed settings.wait from {path}" in done.err) == (0, True)
    assert path.read_text() == "[settings]\ntimeout = 5\n"


# Stored secrets


def store_old_secret(home: Path, storage: str) -> None:
    store = open_store(app)
    store.create("work", {})
    if storage == "sealed":
        operations.enable(vault_of(store), [NewUnlocker("key-file", path=str(home / "key"))])
        store = open_store(app)
    store.set_secret("work", "pass_phrase", Secret("hunter2"), storage=storage if storage == "keyring" else None)
    assert store.secrets.read_storage("work", "pass_phrase") == storage


def move_secret() -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConfigWarning)  # a power cut may undo a change
        machine, problems = check("secrets")
        return [result.why for result in apply_fixes(machine, problems)]


def stored() -> dict[str, tuple[str, str | None]]:
    secrets = open_store(app).secrets.read_all("work")
    return {name: (secret.reveal(), storage) for name, (secret, storage) in secrets.items()}


def loaded_password() -> str | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConfigWarning)
        password = Settings.load(profile="work").password
    return None if password is None else password.get_secret_value()


def test_doctor_moves_a_secret_to_its_new_name(home: Path) -> None:
    store_old_secret(home, "plain")
    machine, (problem,) = check("secrets")
    assert problem.message == "the secret 'pass_phrase' has an old name: it is 'password' now"
    assert [result.is_fixed for result in apply_fixes(machine, [problem])] == [True]
    assert stored() == {"password": ("hunter2", None)}
    assert check("secrets")[1] == []


def test_doctor_keeps_the_secret_that_is_used_if_there_are_several(home: Path) -> None:
    store_old_secret(home, "plain")
    open_store(app).set_secret("work", "a_word", Secret("hunter3"))
    assert loaded_password() == "hunter2"
    assert move_secret() == ["", ""]
    assert stored() == {"password": ("hunter2", None)}


def test_secret_whose_new_record_is_damaged_is_not_removed(home: Path) -> None:
    store_old_secret(home, "plain")
    path = open_store(app).secrets.path("work", "password")
    with open(path, "w", encoding="utf-8") as file:
        file.write("{")
    os.chmod(path, 0o600)
    machine, problems = check("secrets")
    (why,) = [result.why for result in apply_fixes(machine, problems) if result.problem.fix]
    assert "not JSON" in why
    assert open_store(app).secrets.read("work", "pass_phrase") == Secret("hunter2")


def test_sealed_secret_that_cannot_be_opened_is_not_moved(home: Path) -> None:
    store_old_secret(home, "sealed")
    (home / "key").rename(home / "away")
    machine, problems = check("secrets")
    assert all(not result.is_fixed for result in apply_fixes(machine, problems))
    (home / "away").rename(home / "key")
    assert stored() == {"pass_phrase": ("hunter2", "sealed")}


@pytest.mark.parametrize("storage", ["plain", "sealed"])
def test_a_fault_at_any_step_of_moving_a_secret_loses_nothing(home: Path, storage: str) -> None:
    store_old_secret(home, storage)
    before = FolderSnapshot.take(home)

    def check_what_is_left(step: int) -> None:
        assert loaded_password() == "hunter2", step
        move_secret()
        assert stored() == {"password": ("hunter2", None if storage == "plain" else storage)}
        assert check("secrets")[1] == []

    killed = snapshots_after_kills(move_secret, home)
    assert len(killed) > 8
    for step, snapshot in distinct(killed):
        snapshot.restore(home)
        check_what_is_left(step)
    with ForkedWorker(move_secret) as worker:
        for step in range(1, len(killed) + 1):
            before.restore(home)
            result = worker.run(Fault(step, "EIO"))
            assert (result.code, result.hit is None) == (0, False), result.value
            check_what_is_left(step)


def test_a_fault_at_any_step_of_moving_a_secret_in_the_keyring_loses_nothing(
    home: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, memory_keyring: MemoryKeyring
) -> None:
    for step in range(1, 100):
        monkeypatch.setenv("ACME_HOME", str(tmp_path_factory.mktemp("step") / "acme"))
        store_old_secret(home, "keyring")
        injector = FaultInjector(Fault(step, "EIO"))
        injector.install(lambda: None)
        try:
            move_secret()
        finally:
            injector.uninstall()
        assert {secret for secret, _ in stored().values()} == {"hunter2"}, step
        move_secret()
        assert stored() == {"password": ("hunter2", "keyring")}
        if injector.hit is None:
            return
    raise AssertionError("moving a secret has fewer than 100 steps")
