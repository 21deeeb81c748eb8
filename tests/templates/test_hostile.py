"""A hostile repository gets nothing: each attack that a checked-in template opens, and what becomes of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from arka_config import open_store
from arka_config.arka import app
from tests.cli.program import OTHER, TOKEN, Done, arka
from tests.templates.conftest import Folder, snapshot

if TYPE_CHECKING:
    from pathlib import Path

EVIL = "https://evil.example"
WORK = '[profile]\nname = "work"\n'


def refused(*arguments: str, why: str, **environ: str) -> Done:
    """An apply that nobody sits before and that changes nothing."""
    done = arka("apply", "profiles", "--yes", *arguments, environ=environ)
    assert done.code == 1, done.err
    assert why in done.err
    for secret in (TOKEN, OTHER, "hunter2"):
        assert secret not in done.out + done.err
    return done


@pytest.fixture
def work(folder: Folder, home: Path) -> Folder:
    """A machine with a profile `work` that an apply made and that has a token."""
    folder.put("work.toml", WORK + "[token]\nprompt = true\n")
    assert arka("apply", "profiles", "--yes").code == 0
    assert arka("login", "-p", "work", "--with-token", "--no-verify", stdin=TOKEN).code == 0
    return folder


# Where a token goes


def test_an_api_url_is_not_swapped_under_a_stored_token(work: Folder, home: Path) -> None:
    before = snapshot(home)
    work.put("work.toml", WORK + f'api_url = "{EVIL}"\n')
    refused(why="has a token for https://arka-ai.com, and the template's is for https://evil.example")
    refused("--allow-origin", EVIL, "--take", "template", why="do not agree")
    assert snapshot(home) == before
    assert arka("token", "-p", "work").out == f"{TOKEN}\n"


def test_an_api_url_is_not_swapped_under_a_token_that_the_template_asks_for(work: Folder) -> None:
    work.put("work.toml", WORK + f'api_url = "{EVIL}"\n[token]\nprompt = true\n')
    refused(why="has a token for https://arka-ai.com")


def test_an_api_url_is_not_swapped_under_a_reference(folder: Folder) -> None:
    folder.put("ci.toml", '[profile]\nname = "ci"\n[token]\nenv = "ARKA_CI_TOKEN"\n')
    assert arka("apply", "profiles", "--yes").code == 0
    folder.put("ci.toml", f'[profile]\nname = "ci"\napi_url = "{EVIL}"\n[token]\nenv = "ARKA_CI_TOKEN"\n')
    done = refused(why=f"tokens go to {EVIL}, which this account has not used before", ARKA_CI_TOKEN=TOKEN)
    assert f"--allow-origin {EVIL}" in done.err


def test_an_api_url_is_not_swapped_under_the_user_s_own_reference(folder: Folder) -> None:
    arka("profiles", "create", "ci", "token.env=MY_TOKEN")
    folder.put("ci.toml", f'[profile]\nname = "ci"\napi_url = "{EVIL}"\n')
    done = refused("--adopt", why=f"tokens go to {EVIL}")
    assert "reads  $MY_TOKEN for https://evil.example" in done.err


def test_a_reference_does_not_go_to_another_origin_than_before_though_both_are_known(folder: Folder) -> None:
    assert arka("login", "-p", "lab", "--with-token", "--no-verify", "--api-url", EVIL, stdin=OTHER).code == 0
    folder.put("ci.toml", '[profile]\nname = "ci"\n[token]\nenv = "ARKA_CI_TOKEN"\n')
    assert arka("apply", "profiles", "--yes").code == 0
    folder.put("ci.toml", f'[profile]\nname = "ci"\napi_url = "{EVIL}"\n[token]\nenv = "ARKA_CI_TOKEN"\n')
    refused(why=f"$ARKA_CI_TOKEN goes to {EVIL}, and has gone to https://arka-ai.com so far")


def test_an_origin_that_is_named_is_agreed_to_once(folder: Folder) -> None:
    folder.put("ci.toml", f'[profile]\nname = "ci"\napi_url = "{EVIL}"\n[token]\nenv = "ARKA_CI_TOKEN"\n')
    refused(why="--allow-origin")
    refused("--allow-origin", "https://other.example", why="--allow-origin")
    assert arka("apply", "profiles", "--yes", "--allow-origin", f"{EVIL}/").code == 0
    folder.put("b.toml", f'[profile]\nname = "b"\napi_url = "{EVIL}"\n')
    assert arka("apply", "profiles", "--yes").code == 0


@pytest.mark.parametrize("setting", ['proxy = "http://127.0.0.1:8080/"', 'ca_bundle = "/tmp/evil.pem"'])
def test_a_proxy_or_certificates_are_agreed_to_by_name(folder: Folder, setting: str) -> None:
    folder.put("ci.toml", f'[profile]\nname = "ci"\n[settings]\n{setting}\n')
    done = refused(why="--allow-origin")
    allowed = done.err.rstrip().rpartition("--allow-origin ")[2]
    assert arka("apply", "profiles", "--yes", "--allow-origin", allowed).code == 0


def test_ci_is_not_trusted_by_itself(folder: Folder) -> None:
    folder.put("ci.toml", f'[profile]\nname = "ci"\napi_url = "{EVIL}"\n[token]\nenv = "ARKA_CI_TOKEN"\n')
    refused(why="--allow-origin", CI="true", GITHUB_ACTIONS="true", ARKA_CI_TOKEN=TOKEN)


def test_a_template_that_was_agreed_to_and_then_changed_is_said_to_be(folder: Folder) -> None:
    folder.put("ci.toml", '[profile]\nname = "ci"\n')
    assert arka("apply", "profiles", "--yes").code == 0
    folder.put("ci.toml", f'[profile]\nname = "ci"\napi_url = "{EVIL}"\n')
    folder.put("new.toml", '[profile]\nname = "new"\n')
    done = refused(why="note: ci.toml was changed since you last agreed to it")
    assert "note: new.toml is new since you last agreed to it" in done.err


# What is read


@pytest.mark.parametrize("text", ["{env:GITHUB_TOKEN}", "{GITHUB_TOKEN}", "{env}", "{HOME}"])
@pytest.mark.parametrize("key", ["name", "description"])
def test_no_variable_is_expanded(folder: Folder, key: str, text: str) -> None:
    named = "" if key == "name" else 'name = "a"\n'
    folder.put("a.toml", f'[profile]\n{named}{key} = "x-{text}"\n')
    refused(why="only {hostname}, {user} and {os} are expanded", GITHUB_TOKEN="hunter2", HOME="/hunter2")


@pytest.mark.parametrize("text", ["$GITHUB_TOKEN", "${GITHUB_TOKEN}", "{GITHUB_TOKEN}", "%GITHUB_TOKEN%"])
def test_a_url_expands_nothing(folder: Folder, text: str) -> None:
    folder.put("a.toml", f'[profile]\nname = "a"\napi_url = "https://evil.example/{text}"\n')
    done = arka("apply", "profiles", "--yes", environ={"GITHUB_TOKEN": "hunter2"})
    assert done.code == 1
    assert "hunter2" not in done.err


@pytest.mark.parametrize("variable", ["GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "HOME", "XARKA_TOKEN", "arka_token"])
def test_a_variable_of_another_program_is_no_source(folder: Folder, variable: str) -> None:
    folder.put("a.toml", f'[profile]\nname = "a"\n[token]\nenv = "{variable}"\ncopy = true\n')
    refused(why=f"profiles/a.toml:5:1: token.env: {variable} may not be read by a template", **{variable: "hunter2"})


@pytest.mark.parametrize("name", ["API_KEY", "PASSPHRASE", "PASSPHRASE_FILE", "PASSPHRASE_COMMAND", "SESSION"])
def test_the_program_s_own_secrets_are_no_source_even_where_they_are_allowed(
    folder: Folder, home: Path, name: str
) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(f'allow_env = ["ARKA_{name}"]\n')
    folder.put("a.toml", f'[profile]\nname = "a"\n[token]\nenv = "ARKA_{name}"\ncopy = true\n')
    refused(why=f"ARKA_{name} is arka's own", **{"ARKA_" + name: TOKEN})


def test_a_helper_that_the_user_did_not_define_is_not_run(folder: Folder, tmp_path: Path) -> None:
    folder.put("a.toml", '[profile]\nname = "a"\n[token]\nhelper = "touch pwned"\ncopy = true\n')
    refused(why="profiles/a.toml:5:1: token.helper: 'touch pwned' is not in ")
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("key", ["command", "exec", "helpers", "include", "hooks"])
def test_nothing_in_a_template_runs_anything(folder: Folder, key: str) -> None:
    folder.put("a.toml", f'{key} = ["touch", "pwned"]\n[profile]\nname = "a"\n')
    refused(why=f"unknown key '{key}'")


@pytest.mark.parametrize(
    "target", ["/etc/passwd", "/run/secrets/../../etc/passwd", "~/.ssh/id_ed25519", "secret", "/run/secrets"]
)
def test_a_file_outside_of_the_roots_is_not_read(folder: Folder, target: str) -> None:
    folder.put("a.toml", f'[profile]\nname = "a"\n[token]\nfile = "{target}"\ncopy = true\n')
    refused(why="profiles/a.toml:5:1: ")


def test_a_link_that_leaves_a_root_is_not_followed(folder: Folder, home: Path, tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "other").write_text(TOKEN)
    (tmp_path / "root" / "arka").symlink_to(tmp_path / "other")
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(f'file_roots = ["{tmp_path}/root"]\n')
    folder.put("a.toml", f'[profile]\nname = "a"\n[token]\nfile = "{tmp_path}/root/arka"\ncopy = true\n')
    refused(why="is not below")


# What a file may be


@pytest.mark.parametrize("name", ["../../etc/x", "a/b", "..", "con", "a\\\\b", "A", "x.toml", "{hostname}/../x"])
def test_a_name_is_no_path(folder: Folder, name: str) -> None:
    folder.put("a.toml", f'[profile]\nname = "{name}"\n')
    refused(why="is not a profile name")


@pytest.mark.parametrize("is_file_named", [False, True])
def test_a_link_out_of_the_folder_is_not_followed(folder: Folder, tmp_path: Path, is_file_named: bool) -> None:
    (tmp_path / "outside.toml").write_text(f'secret = "{TOKEN}"\n')
    (folder.path / "a.toml").symlink_to(tmp_path / "outside.toml")
    done = arka("apply", "profiles/a.toml" if is_file_named else "profiles", "--yes")
    assert done.code == 1
    assert "profiles/a.toml:1:1: a link that leads out of its folder is not followed" in done.err


def test_a_large_file_is_not_read(folder: Folder) -> None:
    folder.put_whole("a.toml", "# " + "x" * 10_000_000)
    refused(why="profiles/a.toml:1:1: is larger than 1048576 bytes")


def test_a_pipe_is_not_waited_for(folder: Folder) -> None:
    os.mkfifo(folder.path / "a.toml")
    refused(why="profiles/a.toml:1:1: is not a regular file")


@pytest.mark.parametrize(
    "text", ["x = " + "[" * 100_000, "x = " + "{a=" * 5000, "[" + "a." * 200_000 + "b]", "a" + ".a" * 100 + " = 1"]
)
def test_deep_nesting_is_refused(folder: Folder, text: str) -> None:
    folder.put_whole("a.toml", text + "\n")
    refused(why="profiles/a.toml:1:")


@pytest.mark.parametrize("character", ["\\u001b", "\\u202e", "\\u0085", "\\u2028", "\\n", "\\u200f"])
def test_a_control_character_is_refused_and_does_not_reach_the_terminal(folder: Folder, character: str) -> None:
    folder.put("a.toml", f'[profile]\nname = "a"\ndescription = "x{character}[2Jx"\n')
    done = refused(why="profiles/a.toml:4:1: profile.description holds a control character or a direction mark")
    assert character.encode().decode("unicode_escape") not in done.err.replace("\n", "")


def test_an_escape_in_a_key_or_a_file_s_name_does_not_reach_the_terminal(folder: Folder) -> None:
    folder.put("a.toml", '"\\u001b[31m" = 1\n')
    folder.put("b\x1b[31m.toml", '[profile]\nname = "b"\n')
    done = refused(why="b\\x1b[31m.toml")
    assert "\x1b" not in done.err


def test_more_files_than_anybody_has_are_refused(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arka_config.templates.reading.MOST_FILES", 3)
    for name in "abcd":
        folder.put(f"{name}.toml", f'[profile]\nname = "{name}"\n')
    refused(why="holds more than 3 templates")


def test_a_saved_plan_of_strangers_sends_nothing_anywhere(folder: Folder) -> None:
    folder.put("ci.toml", f'[profile]\nname = "ci"\napi_url = "{EVIL}"\n[token]\nenv = "ARKA_CI_TOKEN"\n')
    assert arka("plan", "profiles", "--out", "theirs.json").code == 3
    done = arka("apply", "theirs.json", "--yes", environ={"ARKA_CI_TOKEN": TOKEN})
    assert done.code == 1
    assert "--allow-origin" in done.err
    assert open_store(app).names() == []
