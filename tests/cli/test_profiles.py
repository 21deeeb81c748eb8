"""`profiles`: list, show, create, set, unset, rename, copy, remove."""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from arka_config import App
from arka_config.testing import run_program
from tests.cli.program import OTHER, TOKEN, arka

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "https://arka-ai.com/app/personal/settings/tokens"


def profile_file(home: Path, name: str) -> Path:
    return home / "config" / "profiles" / f"{name}.toml"


def read_profile(home: Path, name: str) -> dict[str, Any]:
    return tomllib.loads(profile_file(home, name).read_text())


def write_profile(home: Path, name: str, text: str) -> None:
    profile_file(home, name).parent.mkdir(parents=True, exist_ok=True)
    profile_file(home, name).write_text(text)


def profile_names() -> list[str]:
    return [profile["name"] for profile in arka("profiles", "list", "--json").json["profiles"]]


@pytest.mark.usefixtures("two_profiles")
@pytest.mark.parametrize(
    "line",
    ["token", "token -p work", "prompt", "env", "status --offline", "use work", "profiles show", "profiles show work"],
)
def test_command_about_one_profile_lists_no_folder(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        pytest.fail("this takes longer the more profiles there are")

    with monkeypatch.context() as patched:
        for name in ("listdir", "scandir", "walk"):
            patched.setattr(os, name, fail)
        done = arka(*line.split())
    assert done.code == 0, done.err


def test_show_hides_declared_secrets_without_the_settings_class(home: Path) -> None:
    acme = App("arka", settings="no.such.module:Settings", secret_settings=("pin", "mail.password"))
    write_profile(home, "work", '[settings]\ntimeout = 3\npin = 1234\nmail = { host = "h", password = "hunter2" }\n')
    done = run_program(acme.main(), ("profiles", "show", "work", "--json"))
    assert done.json["settings"] == {"timeout": 3, "pin": "…", "mail": {"host": "h", "password": "…"}}


# list


@pytest.mark.usefixtures("two_profiles")
def test_list_marks_the_active_profile() -> None:
    done = arka("profiles", "list")
    assert (done.code, done.err) == (0, "")
    header, ci, work = (line.split() for line in done.out.splitlines())
    assert header == ["PROFILE", "TOKEN", "EXPIRES", "LABEL"]
    assert ci == ["ci", "arka_…77d1", "in", "90", "days", "—"]
    assert work == ["●", "work", "arka_…9f3c", "unknown", "MacBook", "Pro"]


@pytest.mark.usefixtures("two_profiles")
def test_list_json_has_the_details_of_each_profile() -> None:
    document = arka("profiles", "list", "--json").json
    assert document.keys() == {"active", "profiles"}
    assert document["active"] == "work"
    ci, work = document["profiles"]
    assert ci.keys() == work.keys() == {"name", "active", "description", "api_url", "token"}
    assert (work["name"], work["active"], ci["active"]) == ("work", True, False)
    assert work["token"].keys() == {"value", "storage", "origin", "label", "created", "expires", "expiry", "user"}
    assert (work["token"]["value"], work["token"]["label"]) == ("arka_…9f3c", "MacBook Pro")


@pytest.mark.usefixtures("two_profiles")
def test_list_shows_a_token_reference_without_following_it() -> None:
    arka("profiles", "create", "far", "token.env=FAR_TOKEN")
    assert "$FAR_TOKEN" in arka("profiles", "list", environ={"FAR_TOKEN": TOKEN}).out
    far = arka("profiles", "list", "--json").json["profiles"][1]
    assert far["token"] == {"reference": {"env": "FAR_TOKEN"}, "expires": None, "expiry": "not_checked"}


@pytest.mark.usefixtures("home")
def test_list_without_profiles_says_how_to_create_one() -> None:
    assert arka("profiles", "list") == (
        0,
        "",
        "There are no profiles yet; create one with: arka login --profile NAME\n",
    )
    assert arka("profiles", "list", "--json").json == {"active": None, "profiles": []}


def test_list_shows_the_other_profiles_if_one_is_broken(two_profiles: Path) -> None:
    write_profile(two_profiles, "work", "timeout =\n")
    done = arka("profiles", "list")
    assert (done.code, "unreadable" in done.out, "arka_…77d1" in done.out) == (0, True, True)
    assert f"{profile_file(two_profiles, 'work')}: not TOML: line 1, column 10" in done.err
    ci, work = arka("profiles", "list", "--json").json["profiles"]
    assert ("error" in ci, "error" in work, work.keys()) == (False, True, {"name", "active", "error"})


def test_list_warns_about_a_misnamed_file(two_profiles: Path) -> None:
    write_profile(two_profiles, "Work Laptop", "")
    done = arka("profiles", "list")
    assert "warning: ~/arka/config/profiles/Work Laptop.toml is not a profile" in done.err


# show


def test_show_prints_a_profile_s_values(two_profiles: Path) -> None:
    arka("profiles", "set", "work", "description=Work laptop", "timeout=60")
    done = arka("profiles", "show")
    assert done.out.split()[:3] == ["WORK", "VALUE", "FILE"]
    assert "Work laptop" in done.out
    document = arka("profiles", "show", "work", "--json").json
    assert document.keys() == {"name", "path", "description", "api_url", "token", "settings", "secrets"}
    assert (document["path"], document["settings"]) == (str(profile_file(two_profiles, "work")), {"timeout": 60})


@pytest.mark.usefixtures("two_profiles")
def test_show_accepts_the_name_as_argument_or_option() -> None:
    for arguments in (["show", "ci"], ["show", "-p", "ci"], ["show", "ci", "-p", "ci"]):
        assert arka("profiles", *arguments, "--json").json["name"] == "ci"
    assert arka("-p", "work", "profiles", "show", "ci").code == 2


# create


def test_create_writes_a_file_with_the_values(home: Path) -> None:
    done = arka("profiles", "create", "ci", "description=Build runners", "token.env=CI_TOKEN", "timeout=60", "--json")
    assert done.json == {"profile": "ci", "path": str(profile_file(home, "ci"))}
    assert read_profile(home, "ci") == {
        "description": "Build runners",
        "token": {"env": "CI_TOKEN"},
        "settings": {"timeout": 60},
    }


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Work Laptop", "hint: try 'work-laptop'"),
        ("CI/CD", "hint: try 'ci-cd'"),
        ("../evil", "hint: try 'evil'"),
        ("con", ""),
        (".hidden", ""),
        ("", ""),
        ("a" * 65, ""),
    ],
)
def test_create_rejects_an_invalid_name_and_suggests_another(home: Path, name: str, hint: str) -> None:
    done = arka("profiles", "create", name)
    assert (done.code, done.out, hint in done.err) == (2, "", True)
    assert not (home / "config").exists()


def test_create_writes_nothing_for_an_invalid_value(home: Path) -> None:
    assert arka("profiles", "create", "ci", "timeout=soon").code == 1
    assert not profile_file(home, "ci").exists()


# set and unset


def test_set_keeps_comments_order_and_blank_lines(two_profiles: Path) -> None:
    write_profile(
        two_profiles, "work", '# mine\n\n[settings]  # what it says\ntimeout = 30   # seconds\n\nproxy = "http://p:1"\n'
    )
    assert arka("profiles", "set", "work", "timeout=90", "--json").json == {"profile": "work", "changed": True}
    assert profile_file(two_profiles, "work").read_text() == (
        '# mine\n\n[settings]  # what it says\ntimeout = 90   # seconds\n\nproxy = "http://p:1"\n'
    )
    assert arka("profiles", "set", "work", "timeout=90", "--json").json["changed"] is False


def test_set_reports_every_invalid_value_and_writes_none(two_profiles: Path) -> None:
    done = arka("profiles", "set", "work", "description=new", "timeout=soon", "proxy=nonsense")
    assert done.code == 1
    assert "timeout: input should be a valid number" in done.err
    assert "proxy: " in done.err
    assert not profile_file(two_profiles, "work").exists()


@pytest.mark.parametrize(
    ("word", "code", "said"),
    [
        ("timeot=3", 2, "did you mean 'timeout'?"),
        ("settings.timeot=3", 2, "there is no setting 'settings.timeot'"),
        ("zzz=3", 2, "the keys are description, api_url, token.env, token.file, token.helper, timeout, proxy"),
        ("timeout", 2, "is not KEY=VALUE"),
        ("timeout=", 2, "unset timeout"),
        ("=3", 2, "there is no setting ''"),
        ("timeout=0", 1, "greater than 0"),
        ("timeout=nan", 1, "finite"),
        ("token.vault=x", 2, "is not a kind of token reference"),
        ("api_url=http://arka-ai.com", 1, "clear text"),
        ("description=a\x1bb", 1, "U+001B"),
    ],
)
def test_set_explains_an_invalid_assignment(two_profiles: Path, word: str, code: int, said: str) -> None:
    done = arka("profiles", "set", "work", word)
    assert (done.code, said in done.err) == (code, True), done.err
    assert not profile_file(two_profiles, "work").exists()


@pytest.mark.parametrize("key", ["token", "proxy", "timeout", "token.env", "token.file", "settings.proxy", "nosuch"])
def test_set_refuses_a_token_as_a_value_without_repeating_it(two_profiles: Path, key: str) -> None:
    done = arka("profiles", "set", "work", f"{key}={OTHER}")
    assert (done.code, done.out, "o" * 8 in done.err) == (2, "", False)
    assert not profile_file(two_profiles, "work").exists()
    if key != "nosuch":
        assert "a token cannot be stored in a profile's file" in done.err


@pytest.mark.parametrize("word", ["description={}", "description=my {} here", "proxy=http://user:{}@proxy.example"])
def test_set_refuses_a_token_within_a_value(two_profiles: Path, word: str) -> None:
    done = arka("profiles", "set", "work", word.format(OTHER))
    assert (done.code, "o" * 8 in done.err) == (2, False)
    assert not profile_file(two_profiles, "work").exists()


def test_set_replaces_one_token_reference_by_another(two_profiles: Path) -> None:
    arka("profiles", "set", "work", "token.env=A")
    arka("profiles", "set", "work", "token.file=/run/secrets/b")
    assert read_profile(two_profiles, "work") == {"token": {"file": "/run/secrets/b"}}
    assert arka("profiles", "unset", "work", "token", "--json").json == {"profile": "work", "changed": True}
    assert arka("token").out == f"{TOKEN}\n"


def test_unset_removes_known_and_unknown_values(two_profiles: Path) -> None:
    write_profile(two_profiles, "work", 'description = "x"\n[settings]\ntimeot = 3 # oh\ntimeout = 4\n')
    assert arka("profiles", "unset", "work", "timeot", "description").code == 0
    assert read_profile(two_profiles, "work") == {"settings": {"timeout": 4}}
    assert arka("profiles", "unset", "work", "proxy", "--json").json == {"profile": "work", "changed": False}
    done = arka("profiles", "unset", "work", "timeot")
    assert (done.code, "did you mean 'timeout'?" in done.err) == (2, True)


@pytest.mark.parametrize("command", ["set nosuch timeout=3", "unset nosuch timeout", "show nosuch", "copy nosuch new"])
def test_editing_an_unknown_profile_does_not_create_it(two_profiles: Path, command: str) -> None:
    done = arka("profiles", *command.split())
    assert (done.code, "there is no profile 'nosuch'" in done.err) == (1, True)
    assert profile_names() == ["ci", "work"]


def test_editing_never_overwrites_an_invalid_file(two_profiles: Path) -> None:
    write_profile(two_profiles, "work", "timeout =\n")
    for command in ("set work timeout=3", "unset work timeout"):
        done = arka("profiles", *command.split())
        assert (done.code, f"{profile_file(two_profiles, 'work')}: not TOML: line 1, column 10" in done.err) == (
            1,
            True,
        )
    assert profile_file(two_profiles, "work").read_text() == "timeout =\n"


# rename and copy


@pytest.mark.usefixtures("two_profiles")
def test_rename_moves_the_token_selection_and_pins() -> None:
    arka("profiles", "set", "work", "timeout=7")
    arka("use", "work", "--here")
    done = arka("profiles", "rename", "work", "office", "--json", environ={"ARKA_PROFILE": "work"})
    assert done.json == {"profile": "office", "before": "work"}
    assert "ARKA_PROFILE in this shell still says 'work': export ARKA_PROFILE=office" in done.err
    assert (profile_names(), arka("token").out, arka("config", "get", "timeout").out) == (
        ["ci", "office"],
        f"{TOKEN}\n",
        "7\n",
    )
    assert arka("status", "--json").json["profile"]["layer"] == "pin"
    arka("use", "--unpin")
    assert arka("config", "get", "profile").out == "office\n"


@pytest.mark.usefixtures("two_profiles")
def test_copy_copies_the_token_only_with_with_token() -> None:
    arka("profiles", "set", "work", "timeout=7")
    done = arka("profiles", "copy", "work", "bare", "--json")
    assert done.json == {"profile": "bare", "copied_from": "work"}
    assert "arka login --profile bare" in done.err
    assert arka("token", "-p", "bare").code == 4
    assert arka("config", "get", "timeout", "-p", "bare").out == "7\n"
    assert arka("profiles", "copy", "work", "twin", "--with-token").code == 0
    assert arka("token", "-p", "twin").out == f"{TOKEN}\n"


@pytest.mark.parametrize("command", ["rename work ci", "copy work ci", "create ci", "rename work work"])
@pytest.mark.usefixtures("two_profiles")
def test_no_command_overwrites_an_existing_profile(command: str) -> None:
    done = arka("profiles", *command.split())
    assert (done.code, "already" in done.err) == (1, True)
    assert (arka("token", "-p", "work").out, arka("token", "-p", "ci").out) == (f"{TOKEN}\n", f"{OTHER}\n")


# remove


def test_remove_deletes_settings_token_and_pins(two_profiles: Path, tmp_path: Path) -> None:
    arka("profiles", "set", "work", "timeout=7")
    arka("use", "work", "--here")
    done = arka("profiles", "remove", "work", "--yes", "--json")
    assert done.json == {"profile": "work", "unpinned": [str(tmp_path)]}
    assert f"Its token works until it is revoked: {PAGE}" in done.err
    assert "No profile is active now; choose one with: arka use NAME" in done.err
    assert profile_names() == ["ci"]
    assert not any("work" in path.name for path in two_profiles.rglob("*"))
    assert arka("token").code == 4  # no other profile is used instead


@pytest.mark.parametrize("options", [[], ["--no-input"], ["--json"]])
@pytest.mark.usefixtures("two_profiles")
def test_remove_without_a_terminal_names_the_flag(options: list[str]) -> None:
    done = arka("profiles", "remove", "work", *options)
    assert done.code == 2
    assert done.json["error"]["hint"] == "add --yes" if "--json" in options else done.out == ""
    assert "hint: add --yes" in done.err
    assert profile_names() == ["ci", "work"]


def test_remove_takes_several_names(two_profiles: Path, tmp_path: Path) -> None:
    arka("use", "ci", "--here")
    done = arka("profiles", "remove", "work", "ci", "work")
    assert "Remove profiles 'work' and 'ci' and their tokens?" in done.err
    assert profile_names() == ["ci", "work"]
    done = arka("profiles", "remove", "work", "ci", "work", "--yes", "--json")
    assert done.code == 0, done.err
    assert done.json == {
        "removed": [{"profile": "work", "unpinned": []}, {"profile": "ci", "unpinned": [str(tmp_path)]}]
    }
    assert profile_names() == []


@pytest.mark.usefixtures("two_profiles")
def test_remove_removes_nothing_if_one_of_several_names_is_unknown() -> None:
    done = arka("profiles", "remove", "ci", "wrok", "--yes")
    assert (done.code, "there is no profile 'wrok'" in done.err) == (1, True)
    assert profile_names() == ["ci", "work"]


@pytest.mark.usefixtures("two_profiles")
def test_remove_takes_the_name_from_the_profile_option() -> None:
    assert arka("profiles", "remove", "-p", "ci", "--yes").code == 0
    assert profile_names() == ["work"]
    assert arka("-p", "work", "profiles", "remove", "--yes").code == 0
    assert profile_names() == []


@pytest.mark.usefixtures("two_profiles")
def test_remove_needs_a_name_and_no_second_one() -> None:
    done = arka("profiles", "remove", "--yes", environ={"ARKA_PROFILE": "ci"})
    assert (done.code, done.err) == (2, "error: which profile?\nhint: arka profiles remove NAME\n")
    done = arka("profiles", "remove", "ci", "-p", "work", "--yes")
    assert (done.code, "two profiles are named: 'ci' and --profile 'work'" in done.err) == (2, True)
    assert profile_names() == ["ci", "work"]


@pytest.mark.parametrize("words", ["set ci timeout=5", "unset ci timeout", "rename ci new", "copy ci new"])
@pytest.mark.usefixtures("two_profiles")
def test_profile_option_that_names_another_profile_than_the_argument_is_an_error(words: str) -> None:
    done = arka("profiles", *words.split(), "-p", "work")
    assert (done.code, "two profiles are named: 'ci' and --profile 'work'" in done.err) == (2, True)


def test_remove_deletes_an_unreadable_profile(two_profiles: Path) -> None:
    write_profile(two_profiles, "work", "timeout =\n")
    (two_profiles / "data" / "tokens" / "work.json").write_text("{")
    assert arka("profiles", "remove", "work", "-y").code == 0
    assert profile_names() == ["ci"]


def test_show_and_list_hide_secrets_in_a_hand_edited_file(two_profiles: Path) -> None:
    write_profile(
        two_profiles,
        "work",
        f'description = "was {OTHER}"\n[settings]\nproxy = "http://me:hunter2@proxy.example"\nx = ["{OTHER}"]\n',
    )
    for command in ("show", "show --json", "list", "list --json"):
        done = arka("profiles", *command.split())
        assert "hunter2" not in done.out + done.err
        assert OTHER not in done.out + done.err
    assert arka("profiles", "show", "--json").json["settings"] == {
        "proxy": "http://…@proxy.example",
        "x": ["arka_…77d1"],
    }
