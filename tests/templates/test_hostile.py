"""Attacks that a checked-in template could try, and how each is stopped."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from arka_config import open_store
from arka_config.arka import app
from arka_config.cli.input import approval
from tests.cli.program import OTHER, TOKEN, Result, arka
from tests.templates.conftest import Folder, snapshot

if TYPE_CHECKING:
    from pathlib import Path

EVIL = "https://evil.example"
WORK = '[profile]\nname = "work"\n'


def assert_refused(*arguments: str, why: str, **environ: str) -> Result:
    """Run an apply without a terminal. It must fail with this message and show no secret."""
    done = arka("apply", "profiles", "--yes", *arguments, environ=environ)
    assert done.code == 1, done.err
    assert why in done.err
    for secret in (TOKEN, OTHER, "hunter2"):
        assert secret not in done.out + done.err
    return done


@pytest.fixture
def work(folder: Folder, home: Path) -> Folder:
    """A machine with a profile `work`. An apply created it, and it has a token."""
    folder.put("work.toml", WORK + "[token]\nprompt = true\n")
    assert arka("apply", "profiles", "--yes").code == 0
    assert arka("login", "-p", "work", "--with-token", "--no-verify", stdin=TOKEN).code == 0
    return folder


# The origin that a token is sent to


def test_a_template_cannot_change_the_url_of_a_stored_token(work: Folder, home: Path) -> None:
    before = snapshot(home)
    work.put("work.toml", WORK + f'api_url = "{EVIL}"\n')
    assert_refused(why="has a token for https://arka-ai.com, but the template's is for https://evil.example")
    assert_refused("--allow-origin", EVIL, "--take", "template", why="the template conflicts with this machine")
    assert snapshot(home) == before
    assert arka("token", "-p", "work").out == f"{TOKEN}\n"


def test_a_template_with_a_prompt_cannot_change_the_url_of_a_stored_token(work: Folder) -> None:
    work.put("work.toml", WORK + f'api_url = "{EVIL}"\n[token]\nprompt = true\n')
    assert_refused(why="has a token for https://arka-ai.com")


def test_a_template_cannot_change_the_url_of_a_reference(folder: Folder) -> None:
    folder.put("ci.toml", '[profile]\nname = "ci"\n[token]\nenv = "ARKA_CI_TOKEN"\n')
    assert arka("apply", "profiles", "--yes").code == 0
    folder.put("ci.toml", f'[profile]\nname = "ci"\napi_url = "{EVIL}"\n[token]\nenv = "ARKA_CI_TOKEN"\n')
    done = assert_refused(why=f"tokens are sent to {EVIL}, which you have not used before", ARKA_CI_TOKEN=TOKEN)
    assert f"--allow-origin {EVIL}" in done.err


def test_a_template_cannot_change_the_url_of_the_user_s_own_reference(folder: Folder) -> None:
    arka("profiles", "create", "ci", "token.env=MY_TOKEN")
    folder.put("ci.toml", f'[profile]\nname = "ci"\napi_url = "{EVIL}"\n')
    done = assert_refused("--adopt", why=f"tokens are sent to {EVIL}")
    assert "reads  $MY_TOKEN for https://evil.example" in done.err


def test_a_reference_is_not_sent_to_another_known_origin(folder: Folder) -> None:
    assert arka("login", "-p", "lab", "--with-token", "--no-verify", "--api-url", EVIL, stdin=OTHER).code == 0
    folder.put("ci.toml", '[profile]\nname = "ci"\n[token]\nenv = "ARKA_CI_TOKEN"\n')
    assert arka("apply", "profiles", "--yes").code == 0
    folder.put("ci.toml", f'[profile]\nname = "ci"\napi_url = "{EVIL}"\n[token]\nenv = "ARKA_CI_TOKEN"\n')
    assert_refused(why=f"$ARKA_CI_TOKEN is sent to {EVIL}, but was only sent to https://arka-ai.com so far")


@pytest.mark.parametrize(
    "spelling",
    [
        "{}/sec/tok",
        "{}/sec//tok",
        "{}/sec/./tok",
        "~/sec/tok",
        "{}/sec/../sec/tok",
        "/{}/sec/tok",
        "{}/link",
        "{}/dir/tok",
    ],
)
@pytest.mark.parametrize("is_own_profile", [False, True])
def test_a_file_is_recognized_in_every_spelling(
    folder: Folder, home: Path, tmp_path: Path, spelling: str, is_own_profile: bool
) -> None:
    (tmp_path / "sec").mkdir()
    (tmp_path / "sec" / "tok").write_text(TOKEN)
    (tmp_path / "link").symlink_to(tmp_path / "sec" / "tok")
    (tmp_path / "dir").symlink_to(tmp_path / "sec")
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(f'file_roots = ["{tmp_path}"]\n')
    assert arka("login", "-p", "lab", "--with-token", "--no-verify", "--api-url", EVIL, stdin=OTHER).code == 0
    template = '[profile]\nname = "ci"\n{}[token]\nfile = "{}"\n'
    if is_own_profile:
        assert arka("profiles", "create", "own", f"token.file={tmp_path}/sec/tok").code == 0
    else:
        folder.put("ci.toml", template.format("", f"{tmp_path}/sec/tok"))
        assert arka("apply", "profiles", "--yes").code == 0
    folder.put("ci.toml", template.format(f'api_url = "{EVIL}"\n', spelling.format(tmp_path)))
    assert_refused(why=f"is sent to {EVIL}, but was only sent to https://arka-ai.com so far")


def test_a_link_that_was_approved_is_recognized_after_it_was_moved(folder: Folder, home: Path, tmp_path: Path) -> None:
    (tmp_path / "sec").mkdir()
    for name in ("one", "two"):
        (tmp_path / "sec" / name).write_text(TOKEN)
    link = tmp_path / "sec" / "link"
    link.symlink_to("one")
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(f'file_roots = ["{tmp_path}"]\n')
    assert arka("login", "-p", "lab", "--with-token", "--no-verify", "--api-url", EVIL, stdin=OTHER).code == 0
    template = '[profile]\nname = "{}"\n{}[token]\nfile = "{}"\n'
    folder.put("ci.toml", template.format("ci", "", link))
    assert arka("apply", "profiles", "--yes").code == 0
    assert arka("profiles", "remove", "ci", "--yes").code == 0
    link.unlink()
    link.symlink_to("two")
    for path in (
        link,
        tmp_path / "sec" / "one",
    ):  # the new content, as if the secret store had replaced it, and the old one
        folder.put("ci.toml", template.format("ci", f'api_url = "{EVIL}"\n', path))
        assert_refused(why=f"is sent to {EVIL}, but was only sent to https://arka-ai.com so far")


def test_apply_with_only_approves_no_other_template(folder: Folder, home: Path) -> None:
    folder.put("a.toml", '[profile]\nname = "a"\n')
    folder.put("b.toml", f'[profile]\nname = "b"\napi_url = "{EVIL}"\n[token]\nenv = "ARKA_CI_TOKEN"\n')
    assert arka("apply", "profiles", "--yes", "--only", "a").code == 0
    approved = json.loads((home / "state" / "agreements.json").read_text())
    assert [list(names) for names in approved["folders"].values()] == [["a.toml"]]
    assert EVIL not in approved["origins"]
    assert_refused(why="note: b.toml is new since your last approval")
    assert_refused("--only", "b", why=f"--allow-origin {EVIL}")


def test_apply_with_only_keeps_earlier_approvals(folder: Folder, home: Path) -> None:
    for name in "ab":
        folder.put(f"{name}.toml", f'[profile]\nname = "{name}"\n')
    assert arka("apply", "profiles", "--yes").code == 0
    before = json.loads((home / "state" / "agreements.json").read_text())["folders"]
    for name in "ab":
        folder.put(f"{name}.toml", f'[profile]\nname = "{name}"\ndescription = "x"\n')
    assert arka("apply", "profiles", "--yes", "--only", "a").code == 0
    ((_, names),) = json.loads((home / "state" / "agreements.json").read_text())["folders"].items()
    ((_, old),) = before.items()
    assert (names["a.toml"] != old["a.toml"], names["b.toml"]) == (True, old["b.toml"])


def test_an_origin_needs_approval_only_once(folder: Folder) -> None:
    folder.put("ci.toml", f'[profile]\nname = "ci"\napi_url = "{EVIL}"\n[token]\nenv = "ARKA_CI_TOKEN"\n')
    assert_refused(why="--allow-origin")
    assert_refused("--allow-origin", "https://other.example", why="--allow-origin")
    assert arka("apply", "profiles", "--yes", "--allow-origin", f"{EVIL}/").code == 0
    folder.put("b.toml", f'[profile]\nname = "b"\napi_url = "{EVIL}"\n')
    assert arka("apply", "profiles", "--yes").code == 0


@pytest.mark.parametrize("setting", ['proxy = "http://127.0.0.1:8080/"', 'ca_bundle = "/tmp/evil.pem"'])
def test_a_proxy_or_certificate_file_must_be_approved_by_name(folder: Folder, setting: str) -> None:
    folder.put("ci.toml", f'[profile]\nname = "ci"\n[settings]\n{setting}\n')
    done = assert_refused(why="--allow-origin")
    allowed = done.err.rstrip().rpartition("--allow-origin ")[2]
    assert arka("apply", "profiles", "--yes", "--allow-origin", allowed).code == 0


def test_ci_needs_the_same_approval(folder: Folder) -> None:
    folder.put("ci.toml", f'[profile]\nname = "ci"\napi_url = "{EVIL}"\n[token]\nenv = "ARKA_CI_TOKEN"\n')
    assert_refused(why="--allow-origin", CI="true", GITHUB_ACTIONS="true", ARKA_CI_TOKEN=TOKEN)


def test_apply_names_templates_changed_since_the_last_approval(folder: Folder) -> None:
    folder.put("ci.toml", '[profile]\nname = "ci"\n')
    assert arka("apply", "profiles", "--yes").code == 0
    folder.put("ci.toml", f'[profile]\nname = "ci"\napi_url = "{EVIL}"\n')
    folder.put("new.toml", '[profile]\nname = "new"\n')
    done = assert_refused(why="note: ci.toml was changed since your last approval")
    assert "note: new.toml is new since your last approval" in done.err


# What a template may read


@pytest.mark.parametrize("text", ["{env:GITHUB_TOKEN}", "{GITHUB_TOKEN}", "{env}", "{HOME}"])
@pytest.mark.parametrize("key", ["name", "description"])
def test_names_and_descriptions_expand_no_variable(folder: Folder, key: str, text: str) -> None:
    named = "" if key == "name" else 'name = "a"\n'
    folder.put("a.toml", f'[profile]\n{named}{key} = "x-{text}"\n')
    assert_refused(why="only {hostname}, {user} and {os} are replaced", GITHUB_TOKEN="hunter2", HOME="/hunter2")


@pytest.mark.parametrize("text", ["$GITHUB_TOKEN", "${GITHUB_TOKEN}", "{GITHUB_TOKEN}", "%GITHUB_TOKEN%"])
def test_a_url_expands_no_variable(folder: Folder, text: str) -> None:
    folder.put("a.toml", f'[profile]\nname = "a"\napi_url = "https://evil.example/{text}"\n')
    done = arka("apply", "profiles", "--yes", environ={"GITHUB_TOKEN": "hunter2"})
    assert done.code == 1
    assert "hunter2" not in done.err


@pytest.mark.parametrize("variable", ["GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "HOME", "XARKA_TOKEN", "arka_token"])
def test_another_program_s_variable_is_refused(folder: Folder, variable: str) -> None:
    folder.put("a.toml", f'[profile]\nname = "a"\n[token]\nenv = "{variable}"\ncopy = true\n')
    assert_refused(
        why=f"profiles/a.toml:5:1: token.env: {variable} may not be read by a template", **{variable: "/hunter2"}
    )


_OWN = ["API_KEY", "API_URL", "DATABASE_URL", "DEBUG", "HOME", "PASSPHRASE", "PASSPHRASE_COMMAND", "PASSPHRASE_FILE"]
_OWN += ["PROFILE", "SESSION", "CA_BUNDLE", "PROXY", "TIMEOUT"]


@pytest.mark.parametrize("name", ["DATABASE", "SIGNING_KEY", "TOKEN_CI", "X", "token"])
def test_a_variable_of_the_app_that_is_not_named_for_a_token_is_refused(folder: Folder, name: str) -> None:
    folder.put("a.toml", f'[profile]\nname = "a"\n[token]\nenv = "ARKA_{name}"\ncopy = true\n')
    assert_refused(why=f"token.env: ARKA_{name} may not be read by a template", **{"ARKA_" + name: TOKEN})


@pytest.mark.parametrize("name", _OWN)
def test_the_app_s_own_variables_are_refused_even_if_allowed(folder: Folder, home: Path, name: str) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(f'allow_env = ["ARKA_{name}"]\n')
    folder.put("a.toml", f'[profile]\nname = "a"\n[token]\nenv = "ARKA_{name}"\ncopy = true\n')
    environ = {} if name == "HOME" else {f"ARKA_{name}": TOKEN}
    assert_refused(why=f"ARKA_{name} is arka's own", **environ)


def test_an_undefined_helper_is_not_run(folder: Folder, tmp_path: Path) -> None:
    folder.put("a.toml", '[profile]\nname = "a"\n[token]\nhelper = "touch pwned"\ncopy = true\n')
    assert_refused(why="profiles/a.toml:5:1: token.helper: 'touch pwned' is not in ")
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("key", ["command", "exec", "helpers", "include", "hooks"])
def test_a_template_cannot_run_a_command(folder: Folder, key: str) -> None:
    folder.put("a.toml", f'{key} = ["touch", "pwned"]\n[profile]\nname = "a"\n')
    assert_refused(why=f"unknown key '{key}'")


@pytest.mark.parametrize(
    "target", ["/etc/passwd", "/run/secrets/../../etc/passwd", "~/.ssh/id_ed25519", "secret", "/run/secrets"]
)
def test_a_file_outside_the_roots_is_refused(folder: Folder, target: str) -> None:
    folder.put("a.toml", f'[profile]\nname = "a"\n[token]\nfile = "{target}"\ncopy = true\n')
    assert_refused(why="profiles/a.toml:5:1: ")


def test_a_link_out_of_a_root_is_not_followed(folder: Folder, home: Path, tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "other").write_text(TOKEN)
    (tmp_path / "root" / "arka").symlink_to(tmp_path / "other")
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(f'file_roots = ["{tmp_path}/root"]\n')
    folder.put("a.toml", f'[profile]\nname = "a"\n[token]\nfile = "{tmp_path}/root/arka"\ncopy = true\n')
    assert_refused(why="is not below")


@pytest.mark.parametrize("copy", ["true", "false"])
def test_a_link_that_leads_out_of_a_root_after_the_plan_is_not_followed(
    folder: Folder, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, copy: str
) -> None:
    (tmp_path / "root").mkdir()
    for file in (tmp_path / "other", tmp_path / "root" / "arka"):
        file.write_text(TOKEN)
        file.chmod(0o600)
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(f'file_roots = ["{tmp_path}/root"]\n')
    folder.put("a.toml", f'[profile]\nname = "a"\n[token]\nfile = "{tmp_path}/root/arka"\ncopy = {copy}\n')
    ask = approval.ask_approval

    def approve_and_exchange(*arguments: Any, **options: Any) -> Any:
        (tmp_path / "root" / "arka").unlink()
        (tmp_path / "root" / "arka").symlink_to(tmp_path / "other")
        return ask(*arguments, **options)

    monkeypatch.setattr("arka_config.cli.commands.apply.ask_approval", approve_and_exchange)
    done = arka("apply", "profiles", "--yes")
    if copy == "true":
        assert done.code == 4
        assert f"which is a link to {tmp_path}/other, outside of the folders that templates may read" in done.err
    done = arka("token", "-p", "a")
    assert done.code != 0
    assert TOKEN not in done.out + done.err


def test_a_kept_reference_does_not_follow_a_link_out_of_a_root(folder: Folder, home: Path, tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    for file in (tmp_path / "other", tmp_path / "root" / "one"):
        file.write_text(TOKEN)
        file.chmod(0o600)
    link = tmp_path / "root" / "arka"
    link.symlink_to("one")
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(f'file_roots = ["{tmp_path}/root"]\n')
    folder.put("a.toml", f'[profile]\nname = "a"\n[token]\nfile = "{link}"\n')
    assert arka("apply", "profiles", "--yes").code == 0
    assert arka("token", "-p", "a").out == f"{TOKEN}\n"
    link.unlink()
    link.symlink_to(tmp_path / "other")
    for command in (["token"], ["exec", "--", "true"], ["status", "--offline"]):
        done = arka("-p", "a", *command)
        assert (done.code, TOKEN in done.out + done.err) == (4, False)
        assert f"profile 'a' takes its token from file {link}, which is a link to {tmp_path}/other" in done.err
    assert arka("profiles", "create", "own", f"token.file={tmp_path}/mine").code == 0
    (tmp_path / "mine").symlink_to(tmp_path / "other")
    assert arka("token", "-p", "own").out == f"{TOKEN}\n", "the user's own reference, outside of the roots"


# What a template file may be


@pytest.mark.parametrize("name", ["../../etc/x", "a/b", "..", "con", "a\\\\b", "A", "x.toml", "{hostname}/../x"])
def test_a_path_is_not_a_profile_name(folder: Folder, name: str) -> None:
    folder.put("a.toml", f'[profile]\nname = "{name}"\n')
    assert_refused(why="is not a profile name")


@pytest.mark.parametrize("is_file_named", [False, True])
def test_a_link_out_of_the_folder_is_not_followed(folder: Folder, tmp_path: Path, is_file_named: bool) -> None:
    (tmp_path / "outside.toml").write_text(f'secret = "{TOKEN}"\n')
    (folder.path / "a.toml").symlink_to(tmp_path / "outside.toml")
    done = arka("apply", "profiles/a.toml" if is_file_named else "profiles", "--yes")
    assert done.code == 1
    assert "profiles/a.toml: a link out of its folder is not followed" in done.err


def test_a_large_file_is_not_read(folder: Folder) -> None:
    folder.put_whole("a.toml", "# " + "x" * 10_000_000)
    assert_refused(why="profiles/a.toml is larger than 1048576 bytes")


def test_a_named_pipe_is_refused_without_waiting(folder: Folder) -> None:
    os.mkfifo(folder.path / "a.toml")
    assert_refused(why="profiles/a.toml is not a regular file")


@pytest.mark.parametrize(
    "text", ["x = " + "[" * 100_000, "x = " + "{a=" * 5000, "[" + "a." * 200_000 + "b]", "a" + ".a" * 100 + " = 1"]
)
def test_deep_nesting_is_refused(folder: Folder, text: str) -> None:
    folder.put_whole("a.toml", text + "\n")
    assert_refused(why="profiles/a.toml:1:")


@pytest.mark.parametrize("character", ["\\u001b", "\\u202e", "\\u0085", "\\u2028", "\\n", "\\u200f"])
def test_a_control_character_is_refused_and_not_printed(folder: Folder, character: str) -> None:
    folder.put("a.toml", f'[profile]\nname = "a"\ndescription = "x{character}[2Jx"\n')
    done = assert_refused(
        why="profiles/a.toml:4:1: profile.description contains a control character or a direction mark"
    )
    assert character.encode().decode("unicode_escape") not in done.err.replace("\n", "")


def test_an_escape_in_a_key_or_file_name_is_not_printed(folder: Folder) -> None:
    folder.put("a.toml", '"\\u001b[31m" = 1\n')
    folder.put("b\x1b[31m.toml", '[profile]\nname = "b"\n')
    done = assert_refused(why="b\\x1b[31m.toml")
    assert "\x1b" not in done.err


def test_too_many_files_are_refused(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arka_config.templates.reading.MAX_FILES", 3)
    for name in "abcd":
        folder.put(f"{name}.toml", f'[profile]\nname = "{name}"\n')
    assert_refused(why="contains more than 3 templates")


def test_another_user_s_saved_plan_needs_the_same_approval(folder: Folder) -> None:
    folder.put("ci.toml", f'[profile]\nname = "ci"\napi_url = "{EVIL}"\n[token]\nenv = "ARKA_CI_TOKEN"\n')
    assert arka("plan", "profiles", "--out", "theirs.json").code == 3
    done = arka("apply", "theirs.json", "--yes", environ={"ARKA_CI_TOKEN": TOKEN})
    assert done.code == 1
    assert "--allow-origin" in done.err
    assert open_store(app).names() == []
