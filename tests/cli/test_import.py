"""`import legacy`: import the Node CLI's token into a profile."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pexpect
import pytest

from tests.cli.program import OTHER, TOKEN, arka, on_terminal

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def legacy(home: Path, tmp_path: Path) -> Path:
    """The Node CLI's file, with a token and another key."""
    file = tmp_path / ".config" / "arka-code-nodejs" / "config.json"
    file.parent.mkdir(parents=True, mode=0o700)
    file.write_text(json.dumps({"theme": "dark", "token": TOKEN}))
    return file


def test_import_stores_the_token_and_keeps_the_file(legacy: Path) -> None:
    done = arka("import", "legacy", "--json")
    assert done.json == {"profile": "default", "active": True, "path": str(legacy), "key": "token"} | {
        "deleted": False,
        "tightened": False,
    }
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
    child = on_terminal(home, tmp_path, "import", "legacy")
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


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def open_file(legacy: Path) -> Path:
    """The Node CLI's file as npm conf 10 to 15 writes it if the umask is 0. The token is under a nested key."""
    legacy.write_text(json.dumps({"theme": "dark", "auth": {"user": "me", "apiKey": TOKEN}}))
    legacy.chmod(0o666)
    legacy.parent.chmod(0o755)
    return legacy


def test_import_accepts_a_file_that_everyone_can_write_with_a_note(open_file: Path) -> None:
    done = arka("import", "legacy", "--keep", "--json")
    assert (done.code, done.json["key"], done.json["tightened"]) == (0, "auth.apiKey", False)
    assert "warning: every user of this machine can write to ~/.config/arka-code-nodejs/config.json" in done.err
    assert f"note: other users can still open that file: chmod 600 '{open_file}', or add --tighten" in done.err
    assert (mode(open_file), mode(open_file.parent)) == (0o666, 0o755)
    assert arka("token").out == f"{TOKEN}\n"


def test_import_tighten_closes_the_file_and_its_folder(open_file: Path) -> None:
    before = open_file.read_text()
    done = arka("import", "legacy", "--keep", "--tighten", "--json")
    assert (done.json["tightened"], open_file.read_text()) == (True, before)
    assert (mode(open_file), mode(open_file.parent)) == (0o600, 0o700)
    again = arka("import", "legacy", "--keep", "--tighten", "--json")
    assert (again.json["tightened"], "every user" in again.err) == (False, False)


def test_import_delete_removes_a_nested_token_and_closes_the_file(open_file: Path) -> None:
    done = arka("import", "legacy", "--delete", "--json")
    assert (done.json["deleted"], done.json["tightened"], "chmod" in done.err) == (True, False, False)
    assert json.loads(open_file.read_text()) == {"theme": "dark", "auth": {"user": "me"}}
    assert (mode(open_file), mode(open_file.parent)) == (0o600, 0o700)


def test_import_offers_to_close_a_file_that_others_can_only_read(open_file: Path) -> None:
    open_file.chmod(0o644)
    done = arka("import", "legacy", "--key", "auth.apiKey", "--keep")
    assert ("every user" in done.err, "add --tighten" in done.err) == (False, True)


@pytest.mark.parametrize(("answer", "closed"), [("y", 0o600), ("n", 0o666)])
def test_import_asks_on_a_terminal_whether_to_close_the_file(
    home: Path, open_file: Path, tmp_path: Path, answer: str, closed: int
) -> None:
    child = on_terminal(home, tmp_path, "import", "legacy", "--keep")
    child.expect_exact("every user of this machine can write")
    child.expect_exact("Close ~/.config/arka-code-nodejs/config.json to other users? [y/N]")
    child.sendline(answer)
    child.expect(pexpect.EOF)
    child.wait()
    child.close()
    assert (child.exitstatus, mode(open_file)) == (0, closed)
