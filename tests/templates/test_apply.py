"""`apply` writes exactly what `plan` shows, and once. No local edit is lost."""

from __future__ import annotations

import json
import shlex
import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from arka_config import open_store
from arka_config.arka import app
from arka_config.errors import FileError
from arka_config.store import files
from tests.cli.program import OTHER, TOKEN, arka
from tests.sealing.memory_keyring import MemoryKeyring
from tests.templates.conftest import Folder, snapshot

if TYPE_CHECKING:
    from pathlib import Path

CI = '[profile]\nname = "ci"\ndescription = "CI"\napi_url = "https://arka-ai.com"\n[settings]\ntimeout = 30\n'
COPIED = CI.replace("[settings]", '[token]\nenv = "ARKA_CI_TOKEN"\ncopy = true\n[settings]')
LAPTOP = '[profile]\nname = "laptop"\n[token]\nprompt = true\n'


def apply(*arguments: str, **environ: str) -> None:
    done = arka("apply", "profiles", "--yes", *arguments, environ=environ)
    assert done.code == 0, done.err


def actions() -> dict[str, str]:
    return {one["profile"]: one["action"] for one in arka("plan", "profiles", "--json").json["profiles"]}


def read(name: str) -> str:
    with open(open_store(app).profiles.path(name), encoding="utf-8") as file:
        return file.read()


# Creating


def test_plan_shows_each_field_and_changes_nothing(folder: Folder, home: Path) -> None:
    folder.put("ci.toml", COPIED)
    done = arka("plan", "profiles", environ={"ARKA_CI_TOKEN": TOKEN})
    assert done.code == 3
    assert done.out.splitlines() == [
        "+ ci  profiles/ci.toml",
        "    description       — -> CI  profiles/ci.toml:4",
        "    api_url           https://arka-ai.com (default) -> https://arka-ai.com  profiles/ci.toml:5",
        "    settings.timeout  30 (default) -> 30  profiles/ci.toml:10",
        "    token             — -> will be copied: $ARKA_CI_TOKEN",
        "reads  $ARKA_CI_TOKEN for https://arka-ai.com",
        "sends  tokens only to https://arka-ai.com",
        "1 to create, 0 to change, 0 to remove, 0 unchanged",
    ]
    assert not home.exists()


def test_apply_writes_what_plan_showed_and_a_second_run_writes_nothing(folder: Folder, home: Path) -> None:
    folder.put("ci.toml", COPIED)
    folder.put("laptop.toml", LAPTOP)
    apply(ARKA_CI_TOKEN=TOKEN)
    store = open_store(app)
    profile, credential = store.profiles.read("ci"), store.tokens.read("ci")
    assert (profile.description, profile.api_url, profile.settings) == ("CI", "https://arka-ai.com", {"timeout": 30})
    assert credential is not None
    assert credential.token.reveal() == TOKEN
    assert str(credential.origin) == "https://arka-ai.com"
    before = snapshot(home, times=True)
    done = arka("apply", "profiles", "--yes")
    assert done.code == 0
    assert "Nothing to do" in done.err
    assert snapshot(home, times=True) == before
    assert arka("plan", "profiles").code == 0


def test_a_reference_without_copy_is_kept(folder: Folder) -> None:
    folder.put("ci.toml", COPIED.replace("copy = true\n", ""))
    apply()
    store = open_store(app)
    assert store.profiles.read("ci").reference == ("env", "ARKA_CI_TOKEN")
    assert store.tokens.names() == set()
    assert arka("token", "-p", "ci", environ={"ARKA_CI_TOKEN": TOKEN}).out == f"{TOKEN}\n"


def test_allowed_files_variables_and_helpers_are_read(folder: Folder, home: Path) -> None:
    secrets = home.parent / "secrets"
    secrets.mkdir()
    (secrets / "arka").write_text(f"{TOKEN}\n")
    (secrets / "arka").chmod(0o600)
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(
        f'file_roots = ["{secrets}"]\nallow_env = ["BUILD_TOKEN"]\n[helpers]\nvault = ["printf", "{OTHER}"]\n'
    )
    folder.put("a.toml", f'[profile]\nname = "a"\n[token]\nfile = "{secrets}/arka"\ncopy = true\n')
    folder.put("b.toml", '[profile]\nname = "b"\n[token]\nhelper = "vault"\ncopy = true\n')
    folder.put("c.toml", '[profile]\nname = "c"\n[token]\nenv = "BUILD_TOKEN"\ncopy = true\n')
    apply(BUILD_TOKEN=TOKEN)
    store = open_store(app)
    assert [store.credential(name).token.reveal() for name in "abc"] == [TOKEN, OTHER, TOKEN]


@pytest.mark.parametrize("url", ["https://arka-ai.com", "https://arka.example"])
def test_a_profile_is_created_without_its_token_and_login_adds_it(folder: Folder, url: str) -> None:
    settings = f'[settings]\ntimeout = 5  # seconds\nproxy = "{url}:3128"\n'
    folder.put("laptop.toml", LAPTOP.replace("[token]", f'api_url = "{url}"\n[token]') + settings)
    allowed = ("--allow-origin", url, "--allow-origin", f"{url}:3128")
    done = arka("apply", "profiles", "--yes", "--no-input", *allowed)
    assert done.code == 0, done.err
    assert "note: profile 'laptop' needs a token" in done.err
    assert "hint: arka login --profile laptop" in done.err
    assert arka("apply", "profiles", "--yes", "--require-tokens").code == 4
    before = read("laptop")
    assert arka("login", "--profile", "laptop", "--with-token", "--no-verify", stdin=TOKEN).code == 0
    assert read("laptop") == before
    assert arka("token", "-p", "laptop", "--for", url).out == f"{TOKEN}\n"
    again = arka("apply", "profiles", "--yes", "--require-tokens")
    assert (again.code, "Nothing to do" in again.err) == (0, True)


def test_a_malformed_token_stops_apply_before_the_first_write(folder: Folder, home: Path) -> None:
    folder.put("a.toml", '[profile]\nname = "a"\n')
    folder.put("ci.toml", COPIED)
    done = arka("apply", "profiles", "--yes", environ={"ARKA_CI_TOKEN": "ghp_notours"})
    assert done.code == 4
    assert "notours" not in done.err
    assert not (home / "config").exists()


def test_only_limits_apply_to_the_named_profiles(folder: Folder) -> None:
    folder.put("ci.toml", CI)
    folder.put("laptop.toml", LAPTOP)
    apply("--only", "ci")
    assert open_store(app).names() == ["ci"]
    done = arka("plan", "profiles", "--only", "latpop")
    assert done.code == 1
    assert "did you mean 'laptop'?" in done.err


def test_without_a_terminal_a_missing_yes_is_a_usage_error(folder: Folder, home: Path) -> None:
    folder.put("ci.toml", CI)
    done = arka("apply", "profiles")
    assert done.code == 2
    assert "--yes" in done.err
    assert not home.exists()


# Changing


def test_a_template_s_change_is_written_and_comments_stay(folder: Folder) -> None:
    folder.put("ci.toml", CI)
    apply()
    path = open_store(app).profiles.path("ci")
    with open(path, "a", encoding="utf-8") as file:
        file.write('proxy = "http://localhost:3128"  # mine\n')
    folder.put("ci.toml", CI.replace("30", "60").replace('description = "CI"\n', ""))
    apply()
    text = read("ci")
    assert text.startswith("# written by `arka apply` from ci.toml\n")
    assert "timeout = 60\n" in text
    assert "# mine" in text
    assert "description" not in text


def test_a_local_edit_is_a_conflict_that_shows_both_values(folder: Folder, home: Path) -> None:
    folder.put("ci.toml", CI)
    apply()
    assert arka("profiles", "set", "ci", "timeout=45").code == 0
    folder.put("ci.toml", CI.replace("30", "60"))
    done = arka("plan", "profiles")
    assert done.code == 1
    assert "  ! settings.timeout  here 45, template 60, last applied 30  profiles/ci.toml:7" in done.out
    assert done.err == "hint: --take template overwrites local changes, --take mine keeps them\n"
    before = snapshot(home)
    failed = arka("apply", "profiles", "--yes")
    assert failed.code == 1
    assert "--take template" in failed.err
    assert snapshot(home) == before


@pytest.mark.parametrize(("side", "timeout"), [("template", "60"), ("mine", "45")])
def test_take_resolves_a_conflict_for_good(folder: Folder, side: str, timeout: str) -> None:
    folder.put("ci.toml", CI)
    apply()
    arka("profiles", "set", "ci", "timeout=45")
    folder.put("ci.toml", CI.replace("30", "60"))
    apply("--take", side)
    assert arka("config", "get", "timeout", "-p", "ci").out.strip() == timeout
    assert actions() == {"ci": "unchanged"}
    assert arka("plan", "profiles").code == 0


def test_a_kept_edit_is_a_conflict_again_when_the_template_changes(folder: Folder) -> None:
    folder.put("ci.toml", CI)
    apply()
    arka("profiles", "set", "ci", "timeout=45")
    apply("--take", "mine")
    folder.put("ci.toml", CI.replace("30", "90"))
    assert actions() == {"ci": "conflict"}


def test_a_local_edit_to_the_template_s_value_is_not_a_conflict(folder: Folder) -> None:
    folder.put("ci.toml", CI)
    apply()
    arka("profiles", "set", "ci", "timeout=60")
    folder.put("ci.toml", CI.replace("30", "60"))
    assert actions() == {"ci": "unchanged"}
    apply()
    folder.put("ci.toml", CI.replace("30", "90"))
    assert actions() == {"ci": "change"}


def test_an_existing_profile_is_taken_over_only_with_adopt(folder: Folder) -> None:
    assert arka("profiles", "create", "ci", "timeout=45").code == 0
    folder.put("ci.toml", CI)
    done = arka("apply", "profiles", "--yes")
    assert done.code == 1
    assert "! ci: exists, but was not created by apply" in done.err
    apply("--adopt")
    assert "timeout = 30" in read("ci")
    assert actions() == {"ci": "unchanged"}


def test_a_token_that_the_user_stored_is_not_replaced_without_take(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.put("ci.toml", COPIED)
    apply(ARKA_CI_TOKEN=TOKEN)
    monkeypatch.setattr("arka_config.timestamps.now", lambda: datetime(2030, 1, 1, tzinfo=UTC))
    assert arka("login", "-p", "ci", "--with-token", "--no-verify", stdin=OTHER).code == 0
    assert actions() == {"ci": "unchanged"}
    folder.put("ci.toml", COPIED.replace("ARKA_CI_TOKEN", "ARKA_NEW_TOKEN"))
    done = arka("apply", "profiles", "--yes", environ={"ARKA_NEW_TOKEN": TOKEN})
    assert done.code == 1
    assert "has a token that apply did not store, and the template has another one" in done.err
    assert open_store(app).credential("ci").token.reveal() == OTHER
    apply("--take", "template", ARKA_NEW_TOKEN=TOKEN)
    assert open_store(app).credential("ci").token.reveal() == TOKEN


# Removing


def test_prune_removes_profiles_that_apply_created_and_no_template_describes(folder: Folder) -> None:
    arka("profiles", "create", "own")
    folder.put("ci.toml", CI)
    folder.put("old.toml", '[profile]\nname = "old"\n')
    apply()
    (folder.path / "old.toml").unlink()
    apply()
    assert open_store(app).names() == ["ci", "old", "own"]
    assert "- old: its template was removed" in arka("plan", "profiles", "--prune").out
    apply("--prune")
    assert open_store(app).names() == ["ci", "own"]


def test_prune_keeps_edited_and_adopted_profiles(folder: Folder) -> None:
    arka("profiles", "create", "own")
    folder.put("own.toml", '[profile]\nname = "own"\n')
    folder.put("old.toml", '[profile]\nname = "old"\n')
    folder.put("ci.toml", CI)
    apply("--adopt")
    arka("profiles", "set", "old", "timeout=3")
    (folder.path / "old.toml").unlink()
    (folder.path / "own.toml").unlink()
    done = arka("apply", "profiles", "--yes", "--prune")
    assert done.code == 1
    assert "! old: was edited locally since the last apply, and its template was removed" in done.err
    apply("--prune", "--take", "mine")
    assert open_store(app).names() == ["ci", "old", "own"]


def test_prune_removes_profiles_whose_template_is_now_for_other_machines(folder: Folder) -> None:
    folder.put("ci.toml", CI)
    folder.put("laptop.toml", LAPTOP)
    apply()
    folder.put("ci.toml", CI + '[when]\nhostname = "build-*"\n')
    assert "- ci: its template is for other machines  profiles/ci.toml" in arka("plan", "profiles", "--prune").out
    apply("--prune")
    assert open_store(app).names() == ["laptop"]


def test_an_empty_folder_prunes_nothing(folder: Folder) -> None:
    folder.put("ci.toml", CI)
    apply()
    (folder.path / "ci.toml").unlink()
    done = arka("apply", "profiles", "--yes", "--prune")
    assert done.code == 1
    assert "--prune would remove every profile" in done.err
    assert open_store(app).names() == ["ci"]


# Other folders, and many templates


def test_plan_names_the_other_folder_that_a_profile_came_from(folder: Folder, tmp_path: Path) -> None:
    folder.put("ci.toml", CI)
    apply()
    other = Folder(tmp_path / "other")
    other.put("runner.toml", CI)
    assert arka("plan", "other").out.startswith("= ci  other/runner.toml, so far ~/profiles/ci.toml")
    assert arka("plan", "other", "--json").json["profiles"][0]["moved_from"] == str(folder.path / "ci.toml")
    assert arka("apply", "other", "--yes").code == 0
    assert arka("plan", "other").out.startswith("= ci  other/runner.toml\n")


def test_long_lists_of_templates_are_shortened(folder: Folder) -> None:
    for number in range(20):
        folder.put(f"{number:02}.toml", f'[profile]\nname = "p{number}"\n')
        folder.put(f"other-{number:02}.toml", f'[profile]\nname = "o{number}"\n[when]\nhostname = "build-*"\n')
    assert "other-04.toml and 15 more: for other machines" in arka("plan", "profiles").out
    apply()
    for number in range(20):
        folder.put(f"{number:02}.toml", f'[profile]\nname = "p{number}"\ndescription = "x"\n')
    done = arka("apply", "profiles", "--yes")
    assert done.err.count("was changed since your last approval") == 12
    assert "note: 8 more templates have changed since your last approval" in done.err


# Saved plans


def test_a_saved_plan_can_be_applied(folder: Folder) -> None:
    folder.put("ci.toml", CI)
    assert arka("plan", "profiles", "--out", "seen.json").code == 3
    assert json.loads((folder.path.parent / "seen.json").read_text())["plan"]["summary"]["create"] == 1
    assert arka("apply", "seen.json", "--yes").code == 0
    assert open_store(app).names() == ["ci"]


@pytest.mark.parametrize("changed", ["template", "machine"])
def test_a_saved_plan_is_refused_if_the_template_or_machine_changed(folder: Folder, changed: str) -> None:
    folder.put("ci.toml", CI)
    arka("plan", "profiles", "--out", "seen.json")
    if changed == "template":
        folder.put("ci.toml", CI + "# a comment\n")
    else:
        arka("profiles", "create", "ci")
    done = arka("apply", "seen.json", "--yes")
    assert done.code == 1
    assert "have changed since the plan was made" in done.err


def test_a_plan_that_became_stale_before_the_lock_is_refused(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.put("ci.toml", CI)
    from arka_config.store.lock import Lock

    enter = Lock.__enter__

    def edit_then_enter(lock: Lock) -> Lock:
        monkeypatch.setattr(Lock, "__enter__", enter)
        folder.put("ci.toml", CI.replace("30", "99"))
        return enter(lock)

    monkeypatch.setattr(Lock, "__enter__", edit_then_enter)
    done = arka("apply", "profiles", "--yes")
    assert done.code == 1
    assert "have changed since" in done.err
    assert not open_store(app).exists("ci")


# How tokens are stored


def test_tokens_are_stored_sealed_if_sealing_is_on(folder: Folder, home: Path) -> None:
    assert arka("login", "-p", "plain", "--with-token", "--no-verify", stdin=OTHER).code == 0
    folder.put("ci.toml", COPIED)
    apply(ARKA_CI_TOKEN=TOKEN)
    assert open_store(app).credential("ci").storage == "plain"
    assert arka("vault", "enable").code == 0
    folder.put("new.toml", COPIED.replace('"ci"', '"new"'))
    folder.put("ci.toml", COPIED.replace("ARKA_CI_TOKEN", "ARKA_NEW_TOKEN"))
    apply(ARKA_CI_TOKEN=TOKEN, ARKA_NEW_TOKEN=OTHER)
    store = open_store(app)
    for name, token in (("ci", OTHER), ("new", TOKEN)):
        credential = store.credential(name)
        assert (credential.storage, credential.token.reveal()) == ("sealed", token)
    assert not [file for file in home.rglob("*") if file.is_file() and TOKEN.encode() in file.read_bytes()]
    assert arka("plan", "profiles").code == 0


def test_a_locked_vault_stops_apply_before_the_first_write(folder: Folder, home: Path, tmp_path: Path) -> None:
    assert arka("vault", "enable", "--key-file", str(tmp_path / "key")).code == 0
    folder.put("a.toml", '[profile]\nname = "a"\n')
    folder.put("ci.toml", COPIED)
    (tmp_path / "key").unlink()
    before = snapshot(home)
    done = arka("apply", "profiles", "--yes", environ={"ARKA_CI_TOKEN": TOKEN})
    assert done.code == 1
    assert f"{tmp_path / 'key'}" in done.err
    del (after := snapshot(home))["state/agreements.json"]
    assert after == before


def test_tokens_are_stored_in_the_keyring_and_removed_after_an_error(
    folder: Folder, home: Path, memory_keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text('storage = "keyring"\n')
    folder.put("a.toml", '[profile]\nname = "a"\n')
    folder.put("ci.toml", COPIED)
    memory_keyring.fault = "locked"
    done = arka("apply", "profiles", "--yes", environ={"ARKA_CI_TOKEN": TOKEN})
    assert (done.code, open_store(app).names()) == (1, [])
    memory_keyring.fault = ""
    apply(ARKA_CI_TOKEN=TOKEN)
    folder.put("ci.toml", COPIED.replace("ARKA_CI_TOKEN", "ARKA_NEW_TOKEN"))
    apply(ARKA_NEW_TOKEN=OTHER)
    credential = open_store(app).credential("ci")
    assert (credential.storage, credential.token.reveal()) == ("keyring", OTHER)
    assert len(memory_keyring.entries) == 1

    write = files.write

    def fail_on_new(path: str, text: str) -> bool:
        if path.endswith("new.json"):
            raise FileError("no space left on device", path=path)
        return write(path, text)

    monkeypatch.setattr(files, "write", fail_on_new)
    for name in ("new", "zz"):
        folder.put(f"{name}.toml", COPIED.replace('"ci"', f'"{name}"'))
    assert arka("apply", "profiles", "--yes", environ={"ARKA_CI_TOKEN": TOKEN}).code == 1
    assert len(memory_keyring.entries) == 1
    monkeypatch.setattr(files, "write", write)
    apply(ARKA_CI_TOKEN=TOKEN)
    assert len(memory_keyring.entries) == 3


def test_a_reference_kept_with_take_mine_gets_no_stored_token(folder: Folder) -> None:
    folder.put("ci.toml", COPIED)
    apply()
    assert arka("profiles", "set", "ci", "token.env=MY_TOKEN").code == 0
    assert actions() == {"ci": "conflict"}
    apply("--take", "mine", ARKA_CI_TOKEN=TOKEN)
    assert open_store(app).profiles.read("ci").reference == ("env", "MY_TOKEN")
    assert open_store(app).tokens.names() == set()
    assert arka("plan", "profiles").code == 0


# Output and files


def test_diff_shows_the_changed_lines(folder: Folder) -> None:
    folder.put("ci.toml", CI)
    apply()
    folder.put("ci.toml", CI.replace("30", "60"))
    done = arka("plan", "profiles", "--diff")
    assert "    -timeout = 30" in done.out
    assert "    +timeout = 60" in done.out


def test_an_exported_template_describes_the_same_profile(folder: Folder) -> None:
    arka("login", "-p", "work", "--with-token", "--no-verify", "--api-url", "https://eu.example/api", stdin=TOKEN)
    arka("profiles", "set", "work", "timeout=45", "description=Work")
    text = arka("export", "template", "work").out
    assert TOKEN not in text
    folder.put_whole("work.toml", text)
    plan = arka("plan", "profiles", "--adopt", "--json").json
    (profile,) = plan["profiles"]
    assert (profile["action"], profile["changes"]) == ("adopt", [])
    assert profile["token"]["state"] == "set"


def test_an_exported_template_contains_no_secret(folder: Folder) -> None:
    arka("profiles", "create", "work", "proxy=http://me:hunter2@localhost:3128")
    done = arka("export", "template", "work")
    assert "hunter2" not in done.out + done.err
    assert "settings.proxy is omitted" in done.err


def test_written_files_are_private(folder: Folder, home: Path) -> None:
    folder.put("ci.toml", COPIED)
    apply(ARKA_CI_TOKEN=TOKEN)
    for file in ("state/ledger.json", "state/agreements.json", "config/profiles/ci.toml", "data/tokens/ci.json"):
        assert stat.S_IMODE((home / file).stat().st_mode) == 0o600
    assert not (home / "state" / "ledger.pending.json").exists()


def test_a_damaged_ledger_is_an_error_and_is_not_overwritten(folder: Folder, home: Path) -> None:
    folder.put("ci.toml", CI)
    apply()
    (home / "state" / "ledger.json").write_text("{}")
    done = arka("apply", "profiles", "--yes")
    assert done.code == 1
    assert "not a ledger" in done.err
    assert (home / "state" / "ledger.json").read_text() == "{}"


def test_a_password_in_a_profile_is_not_shown(folder: Folder) -> None:
    arka("profiles", "create", "ci", "proxy=http://me:hunter2@localhost:3128")
    folder.put("ci.toml", '[profile]\nname = "ci"\n[settings]\nproxy = "http://localhost:3129"\n')
    for arguments in ((), ("--json",), ("--adopt", "--diff"), ("--adopt", "--out", "seen.json")):
        done = arka("plan", "profiles", *arguments)
        assert "3128" in done.out
        assert "hunter2" not in done.out + done.err
    assert "hunter2" not in (folder.path.parent / "seen.json").read_text()


def test_the_first_profile_with_a_stored_token_becomes_active(folder: Folder) -> None:
    folder.put("ci.toml", COPIED)
    done = arka("apply", "profiles", "--yes", environ={"ARKA_CI_TOKEN": TOKEN})
    assert "Profile 'ci' is active" in done.err
    assert arka("token").out == f"{TOKEN}\n"


def test_applying_one_file_does_not_affect_the_others(folder: Folder) -> None:
    folder.put("ci.toml", CI)
    folder.put("laptop.toml", LAPTOP)
    apply()
    folder.put("ci.toml", CI.replace("30", "60"))
    done = arka("apply", "profiles/ci.toml", "--yes")
    assert "note: ci.toml was changed since your last approval" in done.err
    assert "laptop.toml" not in done.err
    assert arka("apply", "profiles/ci.toml", "--yes", "--prune").code == 2
    folder.put("laptop.toml", LAPTOP + "[settings]\ntimeout = 3\n")
    assert "laptop.toml was changed since" in arka("apply", "profiles", "--yes").err


def test_apply_json_reports_what_was_done(folder: Folder) -> None:
    folder.put("ci.toml", COPIED)
    folder.put("laptop.toml", LAPTOP)
    done = arka("apply", "profiles", "--yes", "--json", environ={"ARKA_CI_TOKEN": TOKEN}).json
    assert (done["changed"], done["stored"], done["removed"], done["needs_token"]) == (True, ["ci"], [], ["laptop"])
    assert done["plan"]["summary"]["create"] == 2
    done = arka("apply", "profiles", "--yes", "--json").json
    assert (done["changed"], done["written"], done["stored"]) == (False, [], [])


# What is kept, and what is left


def test_kept_edits_are_not_reported_as_a_match(folder: Folder) -> None:
    folder.put("ci.toml", CI)
    apply()
    arka("profiles", "set", "ci", "timeout=7")
    folder.put("ci.toml", CI.replace("30", "120"))
    for arguments in (["--take", "mine"], []):  # the choice is recorded, and final
        done = arka("apply", "profiles", "--yes", *arguments)
        assert done.code == 0
        assert "7 (local edit kept; the template has 120)" in done.err
        assert "0 to remove, 1 unchanged, 1 local edit kept" in done.err
        assert "✓ Nothing to do: 1 local edit kept, and everything else matches the templates" in done.err
        assert "this machine matches" not in done.err
    assert arka("plan", "profiles", "--json").json["summary"]["kept"] == 1


def test_a_kept_profile_without_a_template_is_reported(folder: Folder) -> None:
    folder.put("ci.toml", CI)
    folder.put("old.toml", '[profile]\nname = "old"\n')
    apply()
    arka("profiles", "set", "old", "timeout=3")
    (folder.path / "old.toml").unlink()
    done = arka("apply", "profiles", "--yes", "--prune", "--take", "mine")
    assert "= old: was edited locally since the last apply, and its template was removed; it is kept" in done.err
    assert "Nothing to do: 1 local edit kept" in done.err
    assert "Nothing to do: this machine matches the templates" in arka("apply", "profiles", "--yes", "--prune").err


def test_plan_names_profiles_without_a_template_even_without_prune(folder: Folder) -> None:
    for name in ("ci", "old", "deleted"):
        folder.put(f"{name}.toml", f'[profile]\nname = "{name}"\n')
    apply()
    arka("profiles", "create", "own")
    arka("profiles", "remove", "deleted", "--yes")
    for name in ("old", "deleted"):
        (folder.path / f"{name}.toml").unlink()
    done = arka("plan", "profiles")
    assert done.code == 0
    assert "gone   old: created by apply, without a template now (--prune)" in done.out.splitlines()
    assert arka("plan", "profiles", "--json").json["prunable"] == ["old"]
    assert "gone " not in arka("plan", "profiles", "--prune").out
    assert "gone " not in arka("plan", "profiles", "--only", "ci").out
    apply("--prune")
    assert arka("plan", "profiles", "--json").json["prunable"] == []


@pytest.mark.parametrize("is_folder_kept", [True, False])
@pytest.mark.parametrize("arguments", [[], ["--prune"]])
def test_the_profiles_of_the_last_template_are_removed_by_name(
    folder: Folder, is_folder_kept: bool, arguments: list[str]
) -> None:
    for name in ("ci", "old"):
        folder.put(f"{name}.toml", f'[profile]\nname = "{name}"\n')
    apply()
    for file in folder.path.iterdir():
        file.unlink()
    if not is_folder_kept:  # as git does
        folder.path.rmdir()
    done = arka("apply", "profiles", "--yes", *arguments)
    assert done.code == (1 if is_folder_kept else 2)
    assert "ci, old" in done.err
    hint = next(line for line in done.err.splitlines() if line.startswith("hint: "))
    assert open_store(app).names() == ["ci", "old"]
    words = shlex.split(hint.removeprefix("hint: arka "))
    assert words[2:] == ["--prune", "--only", "ci", "--only", "old"]
    assert arka(*words, "--yes").code == 0
    assert open_store(app).names() == []


# Errors with --json


def test_a_refused_apply_prints_json(folder: Folder) -> None:
    folder.put("ci.toml", CI.replace("https://arka-ai.com", "https://evil.example"))
    done = arka("apply", "profiles", "--yes", "--json")
    assert done.code == 1
    assert (done.json["changed"], done.json["plan"]["summary"]["create"]) == (False, 1)
    error = done.json["error"]
    assert error["message"].startswith("tokens are sent to https://evil.example, which you have not used before")
    assert (error["hint"], error["exit_code"]) == ("--allow-origin https://evil.example", 1)
    assert "error: tokens are sent to https://evil.example" in done.err


def test_a_conflict_and_a_missing_yes_print_json(folder: Folder) -> None:
    folder.put("ci.toml", CI)
    done = arka("apply", "profiles", "--json")
    assert (done.code, done.json["error"]["exit_code"], done.json["changed"]) == (2, 2, False)
    arka("profiles", "create", "ci")
    done = arka("apply", "profiles", "--yes", "--json")
    assert (done.code, done.json["plan"]["summary"]["conflict"]) == (1, 1)
    assert done.json["error"]["hint"].startswith("--adopt")


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_templates_with_problems_print_json(folder: Folder, command: str) -> None:
    folder.put("a.toml", "nmae = 1\n")
    done = arka(command, "profiles", "--json")
    assert (done.code, done.json.keys()) == (1, {"error"})
    assert done.json["error"]["lines"] == [
        "profiles/a.toml:1:1: profile is missing",
        "profiles/a.toml:2:1: unknown key 'nmae'; the keys are version, profile, when, token, settings",
    ]
