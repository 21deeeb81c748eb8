"""`plan` and `apply`: what is shown is what is written, once, and a hand's edit is never lost."""

from __future__ import annotations

import json
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


def applied(*arguments: str, **environ: str) -> None:
    done = arka("apply", "profiles", "--yes", *arguments, environ=environ)
    assert done.code == 0, done.err


def actions() -> dict[str, str]:
    return {one["profile"]: one["action"] for one in arka("plan", "profiles", "--json").json["profiles"]}


def read(name: str) -> str:
    with open(open_store(app).profiles.path(name), encoding="utf-8") as file:
        return file.read()


# The way there


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
        "sends  tokens to https://arka-ai.com, and nowhere else",
        "1 to create, 0 to change, 0 to remove, 0 unchanged",
    ]
    assert not home.exists()


def test_apply_writes_what_plan_showed_and_the_second_run_writes_nothing(folder: Folder, home: Path) -> None:
    folder.put("ci.toml", COPIED)
    folder.put("laptop.toml", LAPTOP)
    applied(ARKA_CI_TOKEN=TOKEN)
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


def test_a_reference_is_kept_and_not_copied(folder: Folder) -> None:
    folder.put("ci.toml", COPIED.replace("copy = true\n", ""))
    applied()
    store = open_store(app)
    assert store.profiles.read("ci").reference == ("env", "ARKA_CI_TOKEN")
    assert store.tokens.names() == set()
    assert arka("token", "-p", "ci", environ={"ARKA_CI_TOKEN": TOKEN}).out == f"{TOKEN}\n"


def test_files_below_the_allowed_roots_and_the_user_s_helpers_are_read(folder: Folder, home: Path) -> None:
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
    applied(BUILD_TOKEN=TOKEN)
    store = open_store(app)
    assert [store.credential(name).token.reveal() for name in "abc"] == [TOKEN, OTHER, TOKEN]


@pytest.mark.parametrize("url", ["https://arka-ai.com", "https://arka.example"])
def test_a_profile_without_its_token_is_made_and_login_completes_it(folder: Folder, url: str) -> None:
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


def test_a_token_of_another_shape_stops_the_apply_before_the_first_write(folder: Folder, home: Path) -> None:
    folder.put("a.toml", '[profile]\nname = "a"\n')
    folder.put("ci.toml", COPIED)
    done = arka("apply", "profiles", "--yes", environ={"ARKA_CI_TOKEN": "ghp_notours"})
    assert done.code == 4
    assert "notours" not in done.err
    assert not (home / "config").exists()


def test_only_names_the_profiles_that_are_applied(folder: Folder) -> None:
    folder.put("ci.toml", CI)
    folder.put("laptop.toml", LAPTOP)
    applied("--only", "ci")
    assert open_store(app).names() == ["ci"]
    done = arka("plan", "profiles", "--only", "latpop")
    assert done.code == 1
    assert "did you mean 'laptop'?" in done.err


def test_nobody_to_ask_and_no_yes_is_a_usage_error_that_names_it(folder: Folder, home: Path) -> None:
    folder.put("ci.toml", CI)
    done = arka("apply", "profiles")
    assert done.code == 2
    assert "--yes" in done.err
    assert not home.exists()


# Three ways


def test_a_template_s_change_goes_in_and_comments_stay(folder: Folder) -> None:
    folder.put("ci.toml", CI)
    applied()
    path = open_store(app).profiles.path("ci")
    with open(path, "a", encoding="utf-8") as file:
        file.write('proxy = "http://localhost:3128"  # mine\n')
    folder.put("ci.toml", CI.replace("30", "60").replace('description = "CI"\n', ""))
    applied()
    text = read("ci")
    assert text.startswith("# written by `arka apply` from ci.toml\n")
    assert "timeout = 60\n" in text
    assert "# mine" in text
    assert "description" not in text


def test_a_hand_edit_is_a_conflict_that_shows_both_sides(folder: Folder, home: Path) -> None:
    folder.put("ci.toml", CI)
    applied()
    assert arka("profiles", "set", "ci", "timeout=45").code == 0
    folder.put("ci.toml", CI.replace("30", "60"))
    done = arka("plan", "profiles")
    assert done.code == 1
    assert "  ! settings.timeout  here 45, template 60, last applied 30  profiles/ci.toml:7" in done.out
    assert done.err == "hint: --take template or --take mine says who gives way\n"
    before = snapshot(home)
    failed = arka("apply", "profiles", "--yes")
    assert failed.code == 1
    assert "--take template or --take mine" in failed.err
    assert snapshot(home) == before


@pytest.mark.parametrize(("side", "timeout"), [("template", "60"), ("mine", "45")])
def test_take_resolves_a_conflict_for_good(folder: Folder, side: str, timeout: str) -> None:
    folder.put("ci.toml", CI)
    applied()
    arka("profiles", "set", "ci", "timeout=45")
    folder.put("ci.toml", CI.replace("30", "60"))
    applied("--take", side)
    assert arka("config", "get", "timeout", "-p", "ci").out.strip() == timeout
    assert actions() == {"ci": "unchanged"}
    assert arka("plan", "profiles").code == 0


def test_what_was_kept_is_a_conflict_again_when_the_template_changes_again(folder: Folder) -> None:
    folder.put("ci.toml", CI)
    applied()
    arka("profiles", "set", "ci", "timeout=45")
    applied("--take", "mine")
    folder.put("ci.toml", CI.replace("30", "90"))
    assert actions() == {"ci": "conflict"}


def test_a_hand_edit_to_what_the_template_says_now_is_no_conflict(folder: Folder) -> None:
    folder.put("ci.toml", CI)
    applied()
    arka("profiles", "set", "ci", "timeout=60")
    folder.put("ci.toml", CI.replace("30", "60"))
    assert actions() == {"ci": "unchanged"}
    applied()
    folder.put("ci.toml", CI.replace("30", "90"))
    assert actions() == {"ci": "change"}


def test_a_profile_that_was_there_before_is_adopted_only_when_asked(folder: Folder) -> None:
    assert arka("profiles", "create", "ci", "timeout=45").code == 0
    folder.put("ci.toml", CI)
    done = arka("apply", "profiles", "--yes")
    assert done.code == 1
    assert "! ci: exists already, and no apply made it" in done.err
    applied("--adopt")
    assert "timeout = 30" in read("ci")
    assert actions() == {"ci": "unchanged"}


def test_a_token_that_was_stored_by_hand_is_not_replaced_unasked(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.put("ci.toml", COPIED)
    applied(ARKA_CI_TOKEN=TOKEN)
    monkeypatch.setattr("arka_config.timestamps.now", lambda: datetime(2030, 1, 1, tzinfo=UTC))
    assert arka("login", "-p", "ci", "--with-token", "--no-verify", stdin=OTHER).code == 0
    assert actions() == {"ci": "unchanged"}
    folder.put("ci.toml", COPIED.replace("ARKA_CI_TOKEN", "ARKA_NEW_TOKEN"))
    done = arka("apply", "profiles", "--yes", environ={"ARKA_NEW_TOKEN": TOKEN})
    assert done.code == 1
    assert "has a token that was stored by hand, and the template brings another one" in done.err
    assert open_store(app).credential("ci").token.reveal() == OTHER
    applied("--take", "template", ARKA_NEW_TOKEN=TOKEN)
    assert open_store(app).credential("ci").token.reveal() == TOKEN


# Removing


def test_prune_removes_what_an_apply_made_and_no_template_describes(folder: Folder) -> None:
    arka("profiles", "create", "own")
    folder.put("ci.toml", CI)
    folder.put("old.toml", '[profile]\nname = "old"\n')
    applied()
    (folder.path / "old.toml").unlink()
    applied()
    assert open_store(app).names() == ["ci", "old", "own"]
    assert "- old: its template is gone" in arka("plan", "profiles", "--prune").out
    applied("--prune")
    assert open_store(app).names() == ["ci", "own"]


def test_prune_removes_nothing_that_a_hand_has_changed_or_that_was_adopted(folder: Folder) -> None:
    arka("profiles", "create", "own")
    folder.put("own.toml", '[profile]\nname = "own"\n')
    folder.put("old.toml", '[profile]\nname = "old"\n')
    folder.put("ci.toml", CI)
    applied("--adopt")
    arka("profiles", "set", "old", "timeout=3")
    (folder.path / "old.toml").unlink()
    (folder.path / "own.toml").unlink()
    done = arka("apply", "profiles", "--yes", "--prune")
    assert done.code == 1
    assert "! old: was changed by hand since the last apply, and its template is gone" in done.err
    applied("--prune", "--take", "mine")
    assert open_store(app).names() == ["ci", "old", "own"]


def test_prune_says_of_a_template_that_is_for_other_machines_now_that_it_is(folder: Folder) -> None:
    folder.put("ci.toml", CI)
    folder.put("laptop.toml", LAPTOP)
    applied()
    folder.put("ci.toml", CI + '[when]\nhostname = "build-*"\n')
    assert "- ci: its template is for other machines  profiles/ci.toml" in arka("plan", "profiles", "--prune").out
    applied("--prune")
    assert open_store(app).names() == ["laptop"]


def test_an_empty_folder_prunes_nothing(folder: Folder) -> None:
    folder.put("ci.toml", CI)
    applied()
    (folder.path / "ci.toml").unlink()
    done = arka("apply", "profiles", "--yes", "--prune")
    assert done.code == 1
    assert "--prune would remove all" in done.err
    assert open_store(app).names() == ["ci"]


# Many, and elsewhere


def test_a_template_that_takes_over_from_another_folder_says_so(folder: Folder, tmp_path: Path) -> None:
    folder.put("ci.toml", CI)
    applied()
    other = Folder(tmp_path / "other")
    other.put("runner.toml", CI)
    assert arka("plan", "other").out.startswith("= ci  other/runner.toml, so far ~/profiles/ci.toml")
    assert arka("plan", "other", "--json").json["profiles"][0]["moved_from"] == str(folder.path / "ci.toml")
    assert arka("apply", "other", "--yes").code == 0
    assert arka("plan", "other").out.startswith("= ci  other/runner.toml\n")


def test_of_many_templates_for_other_machines_or_changed_since_few_are_named(folder: Folder) -> None:
    for number in range(20):
        folder.put(f"{number:02}.toml", f'[profile]\nname = "p{number}"\n')
        folder.put(f"other-{number:02}.toml", f'[profile]\nname = "o{number}"\n[when]\nhostname = "build-*"\n')
    assert "other-04.toml and 15 more: for other machines" in arka("plan", "profiles").out
    applied()
    for number in range(20):
        folder.put(f"{number:02}.toml", f'[profile]\nname = "p{number}"\ndescription = "x"\n')
    done = arka("apply", "profiles", "--yes")
    assert done.err.count("was changed since you last agreed to it") == 12
    assert "note: 8 more templates are not as they were when you last agreed to them" in done.err


# Saved plans


def test_a_saved_plan_is_carried_out_as_it_was_seen(folder: Folder) -> None:
    folder.put("ci.toml", CI)
    assert arka("plan", "profiles", "--out", "seen.json").code == 3
    assert json.loads((folder.path.parent / "seen.json").read_text())["plan"]["summary"]["create"] == 1
    assert arka("apply", "seen.json", "--yes").code == 0
    assert open_store(app).names() == ["ci"]


@pytest.mark.parametrize("mover", ["template", "machine"])
def test_a_saved_plan_is_refused_when_templates_or_machine_moved_on(folder: Folder, mover: str) -> None:
    folder.put("ci.toml", CI)
    arka("plan", "profiles", "--out", "seen.json")
    if mover == "template":
        folder.put("ci.toml", CI + "# a comment\n")
    else:
        arka("profiles", "create", "ci")
    done = arka("apply", "seen.json", "--yes")
    assert done.code == 1
    assert "moved on since the plan was made" in done.err


def test_a_plan_that_is_stale_under_the_lock_is_refused(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.put("ci.toml", CI)
    from arka_config.store.lock import Lock

    enter = Lock.__enter__

    def meanwhile(lock: Lock) -> Lock:
        monkeypatch.setattr(Lock, "__enter__", enter)
        folder.put("ci.toml", CI.replace("30", "99"))
        return enter(lock)

    monkeypatch.setattr(Lock, "__enter__", meanwhile)
    done = arka("apply", "profiles", "--yes")
    assert done.code == 1
    assert "moved on" in done.err
    assert not open_store(app).exists("ci")


# How tokens are kept


def test_tokens_are_kept_sealed_where_sealing_is_on_and_a_token_that_is_replaced_stays_what_it_was(
    folder: Folder, home: Path
) -> None:
    assert arka("login", "-p", "plain", "--with-token", "--no-verify", stdin=OTHER).code == 0
    folder.put("ci.toml", COPIED)
    applied(ARKA_CI_TOKEN=TOKEN)
    assert open_store(app).credential("ci").storage == "plain"
    assert arka("vault", "enable").code == 0
    folder.put("new.toml", COPIED.replace('"ci"', '"new"'))
    folder.put("ci.toml", COPIED.replace("ARKA_CI_TOKEN", "ARKA_NEW_TOKEN"))
    applied(ARKA_CI_TOKEN=TOKEN, ARKA_NEW_TOKEN=OTHER)
    store = open_store(app)
    for name, token in (("ci", OTHER), ("new", TOKEN)):
        credential = store.credential(name)
        assert (credential.storage, credential.token.reveal()) == ("sealed", token)
    assert not [file for file in home.rglob("*") if file.is_file() and TOKEN.encode() in file.read_bytes()]
    assert arka("plan", "profiles").code == 0


def test_a_vault_that_does_not_open_stops_the_apply_before_the_first_write(
    folder: Folder, home: Path, tmp_path: Path
) -> None:
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


def test_tokens_go_into_the_keyring_where_it_was_asked_for_and_nothing_is_left_there_that_no_file_names(
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
    applied(ARKA_CI_TOKEN=TOKEN)
    folder.put("ci.toml", COPIED.replace("ARKA_CI_TOKEN", "ARKA_NEW_TOKEN"))
    applied(ARKA_NEW_TOKEN=OTHER)
    credential = open_store(app).credential("ci")
    assert (credential.storage, credential.token.reveal()) == ("keyring", OTHER)
    assert len(memory_keyring.entries) == 1

    write = files.write

    def full(path: str, text: str) -> bool:
        if path.endswith("new.json"):
            raise FileError("no space left on device", path=path)
        return write(path, text)

    monkeypatch.setattr(files, "write", full)
    for name in ("new", "zz"):
        folder.put(f"{name}.toml", COPIED.replace('"ci"', f'"{name}"'))
    assert arka("apply", "profiles", "--yes", environ={"ARKA_CI_TOKEN": TOKEN}).code == 1
    assert len(memory_keyring.entries) == 1
    monkeypatch.setattr(files, "write", write)
    applied(ARKA_CI_TOKEN=TOKEN)
    assert len(memory_keyring.entries) == 3


def test_a_reference_that_a_hand_has_set_and_keeps_gets_no_token_beside_it(folder: Folder) -> None:
    folder.put("ci.toml", COPIED)
    applied()
    assert arka("profiles", "set", "ci", "token.env=MY_TOKEN").code == 0
    assert actions() == {"ci": "conflict"}
    applied("--take", "mine", ARKA_CI_TOKEN=TOKEN)
    assert open_store(app).profiles.read("ci").reference == ("env", "MY_TOKEN")
    assert open_store(app).tokens.names() == set()
    assert arka("plan", "profiles").code == 0


# What else it gives


def test_the_diff_shows_the_lines_of_the_file(folder: Folder) -> None:
    folder.put("ci.toml", CI)
    applied()
    folder.put("ci.toml", CI.replace("30", "60"))
    done = arka("plan", "profiles", "--diff")
    assert "    -timeout = 30" in done.out
    assert "    +timeout = 60" in done.out


def test_an_exported_profile_is_a_template_that_says_the_same(folder: Folder) -> None:
    arka("login", "-p", "work", "--with-token", "--no-verify", "--api-url", "https://eu.example/api", stdin=TOKEN)
    arka("profiles", "set", "work", "timeout=45", "description=Work")
    text = arka("export", "template", "work").out
    assert TOKEN not in text
    folder.put_whole("work.toml", text)
    plan = arka("plan", "profiles", "--adopt", "--json").json
    (one,) = plan["profiles"]
    assert (one["action"], one["changes"]) == ("adopt", [])
    assert one["token"]["state"] == "set"


def test_a_secret_does_not_go_into_an_exported_template(folder: Folder) -> None:
    arka("profiles", "create", "work", "proxy=http://me:hunter2@localhost:3128")
    done = arka("export", "template", "work")
    assert "hunter2" not in done.out + done.err
    assert "settings.proxy is left out" in done.err


def test_written_files_are_private_and_the_ledger_is_in_the_state_folder(folder: Folder, home: Path) -> None:
    folder.put("ci.toml", COPIED)
    applied(ARKA_CI_TOKEN=TOKEN)
    for file in ("state/ledger.json", "state/agreements.json", "config/profiles/ci.toml", "data/tokens/ci.json"):
        assert stat.S_IMODE((home / file).stat().st_mode) == 0o600
    assert not (home / "state" / "ledger.pending.json").exists()


def test_a_damaged_ledger_is_an_error_and_not_overwritten(folder: Folder, home: Path) -> None:
    folder.put("ci.toml", CI)
    applied()
    (home / "state" / "ledger.json").write_text("{}")
    done = arka("apply", "profiles", "--yes")
    assert done.code == 1
    assert "not a ledger" in done.err
    assert (home / "state" / "ledger.json").read_text() == "{}"


def test_a_password_that_stands_in_a_profile_is_not_shown(folder: Folder) -> None:
    arka("profiles", "create", "ci", "proxy=http://me:hunter2@localhost:3128")
    folder.put("ci.toml", '[profile]\nname = "ci"\n[settings]\nproxy = "http://localhost:3129"\n')
    for arguments in ((), ("--json",), ("--adopt", "--diff"), ("--adopt", "--out", "seen.json")):
        done = arka("plan", "profiles", *arguments)
        assert "3128" in done.out
        assert "hunter2" not in done.out + done.err
    assert "hunter2" not in (folder.path.parent / "seen.json").read_text()


def test_the_first_profile_with_a_stored_token_becomes_active_and_is_said_to_be(folder: Folder) -> None:
    folder.put("ci.toml", COPIED)
    done = arka("apply", "profiles", "--yes", environ={"ARKA_CI_TOKEN": TOKEN})
    assert "Profile 'ci' is active" in done.err
    assert arka("token").out == f"{TOKEN}\n"


def test_a_single_file_says_nothing_of_its_neighbours(folder: Folder) -> None:
    folder.put("ci.toml", CI)
    folder.put("laptop.toml", LAPTOP)
    applied()
    folder.put("ci.toml", CI.replace("30", "60"))
    done = arka("apply", "profiles/ci.toml", "--yes")
    assert "note: ci.toml was changed since you last agreed to it" in done.err
    assert "laptop.toml" not in done.err
    assert arka("apply", "profiles/ci.toml", "--yes", "--prune").code == 2
    folder.put("laptop.toml", LAPTOP + "[settings]\ntimeout = 3\n")
    assert "laptop.toml was changed since" in arka("apply", "profiles", "--yes").err


def test_apply_s_json_says_what_was_done(folder: Folder) -> None:
    folder.put("ci.toml", COPIED)
    folder.put("laptop.toml", LAPTOP)
    done = arka("apply", "profiles", "--yes", "--json", environ={"ARKA_CI_TOKEN": TOKEN}).json
    assert (done["changed"], done["stored"], done["removed"], done["needs_token"]) == (True, ["ci"], [], ["laptop"])
    assert done["plan"]["summary"]["create"] == 2
    done = arka("apply", "profiles", "--yes", "--json").json
    assert (done["changed"], done["written"], done["stored"]) == (False, [], [])
