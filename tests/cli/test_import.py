"""`import legacy`: import the Node CLI's token into a profile."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pexpect
import pytest

from tests.cli.program import OTHER, TOKEN, arka


@pytest.fixture
def legacy(home: Path, tmp_path: Path) -> Path:
    """The Node CLI's file, with a token and another key."""
    file = tmp_path / ".config" / "arka-code-nodejs" / "config.json"
    file.parent.mkdir(parents=True, mode=0o700)
    file.write_text(json.dumps({"theme": "dark", "token": TOKEN}))
    return file


def test_import_stores_the_token_and_keeps_the_file(legacy: Path) -> None:
    done = arka("import", "legacy", "--json")
    assert done.json == {"profile": "default", "active": True, "path": str(legacy), "key": "token", "deleted": False}
    assert "Imported arka_…9f3c from ~/.config/arka-code-nodejs/config.json into profile 'default'" in done.err
    assert "note: the plain copy is still there: arka import legacy --delete --profile default" in done.err
    assert arka("token").out == f"{TOKEN}\n"
    assert json.loads(legacy.read_text())["token"] == TOKEN


@pytest.mark.parametrize(
    ("option", "left"), [("--delete", {"theme": "dark"}), ("--keep", {"theme": "dark", "token": TOKEN})]
)
def test_import_delete_removes_the_plain_copy(legacy: Path, option: str, left: dict[str, str]) -> None:
    done = arka("import", "legacy", option, "-p", "node", "--json")
    assert done.json["deleted"] is (option == "--delete")
    assert json.loads(legacy.read_text()) == left
    assert arka("token", "-p", "node").out == f"{TOKEN}\n"


def test_import_hint_deletes_the_copy_later(legacy: Path) -> None:
    arka("import", "legacy")
    assert arka("import", "legacy", "--delete", "--profile", "default").code == 0
    assert json.loads(legacy.read_text()) == {"theme": "dark"}
    again = arka("import", "legacy")
    assert (again.code, f"{legacy}: there is no token" in again.err) == (4, True)


def test_import_replaces_another_token_only_with_force(legacy: Path) -> None:
    arka("login", "-p", "work", "--with-token", stdin=OTHER)
    done = arka("import", "legacy", "-p", "work", "--delete")
    assert (done.code, "--force" in done.err) == (1, True)
    assert arka("token").out == f"{OTHER}\n"
    assert json.loads(legacy.read_text())["token"] == TOKEN
    assert arka("import", "legacy", "-p", "work", "--force").code == 0
    assert arka("token").out == f"{TOKEN}\n"


@pytest.mark.usefixtures("home")
def test_import_accepts_another_workspace_file_and_key(tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    file.write_text(json.dumps({"a": TOKEN, "b": OTHER}))
    unclear = arka("import", "legacy", "-i", str(file))
    assert (unclear.code, "--key" in unclear.err) == (1, True)
    done = arka("import", "legacy", "-i", str(file), "--key", "b", "--api-url", "https://eu.arka-ai.com", "--json")
    assert (done.json["key"], done.json["path"]) == ("b", str(file))
    assert arka("token", "--json").json["origin"] == "https://eu.arka-ai.com"


@pytest.mark.parametrize("value", ["ghp_" + "x" * 38, TOKEN[:-1], TOKEN + "\x1b"])
def test_import_rejects_a_malformed_token_without_repeating_it(home: Path, legacy: Path, value: str) -> None:
    legacy.write_text(json.dumps({"token": value}))
    done = arka("import", "legacy", "--key", "token", "--delete")
    assert done.code in (1, 4)
    assert ("w" * 8 in done.err, "x" * 8 in done.err) == (False, False)
    assert json.loads(legacy.read_text()) == {"token": value}
    assert not (home / "data").exists()


@pytest.mark.parametrize("content", [None, "{}", '{"token": ""}', '{"token": 3}'])
def test_import_fails_if_the_file_has_no_token(legacy: Path, content: str | None) -> None:
    if content is None:
        legacy.unlink()
    else:
        legacy.write_text(content)
    done = arka("import", "legacy")
    assert (done.code, done.err) == (4, f"error: {legacy}: there is no token\nhint: arka login\n")


def test_import_refuses_a_profile_with_a_token_reference(legacy: Path) -> None:
    arka("profiles", "create", "far", "token.env=FAR_TOKEN")
    done = arka("import", "legacy", "-p", "far", "--delete")
    assert done.code == 1
    assert json.loads(legacy.read_text())["token"] == TOKEN


@pytest.mark.parametrize(("answer", "deleted"), [("y", True), ("n", False), ("", False)])
def test_import_asks_on_a_terminal_whether_to_delete_the_copy(
    home: Path, legacy: Path, tmp_path: Path, answer: str, deleted: bool
) -> None:
    environ = {"HOME": str(tmp_path), "ARKA_HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    program = str(Path(sys.executable).with_name("arka"))
    child = pexpect.spawn(program, ["import", "legacy"], env=environ, encoding="utf-8", timeout=20)
    child.expect_exact("Delete the plain copy in ~/.config/arka-code-nodejs/config.json? [y/N]")
    child.sendline(answer)
    child.expect(pexpect.EOF)
    child.wait()
    child.close()
    assert child.exitstatus == 0
    assert ("token" not in json.loads(legacy.read_text())) is deleted
    assert arka("token").out == f"{TOKEN}\n"


def test_import_of_the_same_token_keeps_label_and_expiry(legacy: Path) -> None:
    before = arka(
        "login", "-p", "work", "--with-token", "--no-verify", "--label", "x", "--expires", "2099-12-31", stdin=TOKEN
    )
    assert before.code == 0
    assert arka("import", "legacy", "-p", "work", "--delete").code == 0
    token = arka("profiles", "show", "work", "--json").json["token"]
    assert (token["label"], token["expires"]) == ("x", "2099-12-31T23:59:59Z")
