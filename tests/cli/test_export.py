"""`export`, and `legacy_sync`, which keeps the Node CLI's file in step with the active profile."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import pexpect
import pytest

from tests.cli.program import OTHER, TOKEN, arka, on_terminal

if TYPE_CHECKING:
    from pathlib import Path

OTHER_URL = "https://eu.arka-ai.com"
NEWER = "arka_" + "n" * 37


@pytest.fixture
def legacy(tmp_path: Path) -> Path:
    """The path of the Node CLI's file, which does not exist yet."""
    return tmp_path / ".config" / "arka-code-nodejs" / "config.json"


@pytest.fixture
def synced(two_profiles: Path) -> Path:
    """Two profiles, with `legacy_sync = true`."""
    (two_profiles / "config").mkdir(exist_ok=True)
    (two_profiles / "config" / "config.toml").write_text("legacy_sync = true\n")
    return two_profiles


def read_json(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text())
    return found


# legacy


@pytest.mark.usefixtures("two_profiles")
def test_export_legacy_writes_the_node_cli_s_file(legacy: Path) -> None:
    done = arka("export", "legacy")
    assert (done.code, done.out) == (0, "")
    assert "✓ Wrote ~/.config/arka-code-nodejs/config.json, key 'token'" in done.err
    assert legacy.read_text() == f'{{\n\t"token": "{TOKEN}"\n}}'
    assert (stat.S_IMODE(legacy.stat().st_mode), stat.S_IMODE(legacy.parent.stat().st_mode)) == (0o600, 0o700)


@pytest.mark.usefixtures("two_profiles")
def test_export_legacy_keeps_other_keys_and_replaces_the_existing_token(legacy: Path) -> None:
    legacy.parent.mkdir(parents=True)
    legacy.write_text(json.dumps({"theme": "dark", "apiKey": OTHER, "n": 1.50}))
    done = arka("export", "legacy", "--json")
    assert done.json == {"path": str(legacy), "key": "apiKey", "changed": True}
    assert list(read_json(legacy).items()) == [("theme", "dark"), ("apiKey", TOKEN), ("n", 1.5)]
    assert arka("export", "legacy", "--json").json["changed"] is False


@pytest.mark.usefixtures("two_profiles")
def test_export_legacy_accepts_another_key_and_file(tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    done = arka("export", "legacy", "-p", "ci", "--key", "auth", "-o", str(file), "--json")
    assert done.json == {"path": str(file), "key": "auth", "changed": True}
    assert read_json(file) == {"auth": OTHER}
    assert arka("export", "legacy", "--key", "a.b", "-o", str(file)).code == 0
    assert read_json(file) == {"auth": OTHER, "a": {"b": TOKEN}}
    assert arka("export", "legacy", "--key", "a..b", "-o", str(file)).code == 2


@pytest.mark.usefixtures("two_profiles")
def test_export_legacy_refuses_another_workspace_s_token_without_force(legacy: Path) -> None:
    arka("login", "-p", "eu", "--with-token", "--api-url", OTHER_URL, stdin=OTHER)
    done = arka("export", "legacy", "-p", "eu")
    assert (done.code, f"is for {OTHER_URL}" in done.err, "nothing was written" in done.err) == (1, True, True)
    assert not legacy.exists()
    assert arka("export", "legacy", "-p", "eu", "--force").code == 0
    assert read_json(legacy) == {"token": OTHER}


@pytest.mark.usefixtures("synced")
def test_export_and_sync_of_another_workspace_need_consent_once(legacy: Path, tmp_path: Path) -> None:
    arka("login", "-p", "eu", "--with-token", "--api-url", OTHER_URL, stdin=OTHER)
    done = arka("export", "legacy", "-p", "eu", "--force")
    assert (done.code, f"remembered: tokens for {OTHER_URL} may be written to ~/.config" in done.err) == (0, True)
    again = arka("export", "legacy", "-p", "eu")
    assert (again.code, "remembered" in again.err) == (0, False)
    assert (arka("use", "ci").code, read_json(legacy)) == (0, {"token": OTHER})
    arka("login", "-p", "eu", "--with-token", "--api-url", OTHER_URL, "--force", stdin=NEWER)
    assert (arka("use", "eu").code, read_json(legacy)) == (0, {"token": NEWER})
    elsewhere = arka("export", "legacy", "-p", "eu", "-o", str(tmp_path / "other.json"))
    assert (elsewhere.code, "nothing was written" in elsewhere.err) == (1, True), "consent is for one file"
    arka("login", "-p", "us", "--with-token", "--api-url", "https://us.arka-ai.com", stdin=OTHER)
    assert arka("export", "legacy", "-p", "us").code == 1, "and for one workspace"


@pytest.mark.usefixtures("two_profiles")
def test_damaged_consent_counts_as_none(two_profiles: Path, legacy: Path) -> None:
    arka("login", "-p", "eu", "--with-token", "--api-url", OTHER_URL, stdin=OTHER)
    file = two_profiles / "state" / "legacy-origins.json"
    file.write_text('{"version": 1, "files": []}')
    for options in ([], ["--force"]):
        done = arka("export", "legacy", "-p", "eu", *options)
        assert (done.code, f"error: {file}: not a file of allowed workspaces" in done.err) == (1, True)
    assert file.read_text() == '{"version": 1, "files": []}'
    assert not legacy.exists()


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1)])
def test_export_of_another_workspace_asks_once_on_a_terminal(
    answer: str, code: int, two_profiles: Path, legacy: Path, tmp_path: Path
) -> None:
    arka("login", "-p", "eu", "--with-token", "--api-url", OTHER_URL, stdin=OTHER)
    child = on_terminal(two_profiles, tmp_path, "export", "legacy", "-p", "eu")
    child.expect_exact(f"Is the Node CLI set up for {OTHER_URL}, and may it have this token? [y/N]")
    child.sendline(answer)
    child.expect(pexpect.EOF)
    child.wait()
    child.close()
    assert (child.exitstatus, legacy.exists()) == (code, code == 0)
    assert arka("export", "legacy", "-p", "eu").code == code


@pytest.mark.usefixtures("two_profiles")
def test_export_legacy_never_overwrites_an_invalid_file(legacy: Path) -> None:
    legacy.parent.mkdir(parents=True)
    legacy.write_text(f'{{"token": "{OTHER}",}}')
    done = arka("export", "legacy")
    assert (done.code, str(legacy) in done.err, OTHER in done.err) == (1, True, False)
    assert legacy.read_text() == f'{{"token": "{OTHER}",}}'


# legacy_sync


@pytest.mark.usefixtures("synced")
def test_legacy_sync_follows_use_login_logout_and_remove(legacy: Path) -> None:
    assert arka("use", "ci").code == 0
    assert read_json(legacy) == {"token": OTHER}
    assert arka("use", "-").code == 0
    assert read_json(legacy) == {"token": TOKEN}
    arka("login", "-p", "work", "--with-token", stdin=NEWER)
    assert read_json(legacy) == {"token": NEWER}
    arka("login", "-p", "third", "--with-token", stdin=OTHER)
    assert read_json(legacy) == {"token": NEWER}, "which is the active profile's still"
    assert arka("logout").code == 0
    assert read_json(legacy) == {}
    arka("use", "ci")
    assert read_json(legacy) == {"token": OTHER}
    arka("profiles", "remove", "ci", "--yes")
    assert read_json(legacy) == {}


@pytest.mark.usefixtures("synced")
def test_legacy_sync_writes_at_the_first_login(legacy: Path) -> None:
    arka("profiles", "remove", "work", "--yes")
    arka("profiles", "remove", "ci", "--yes")
    arka("login", "--with-token", stdin=OTHER)
    assert read_json(legacy) == {"token": OTHER}


@pytest.mark.usefixtures("synced")
def test_legacy_sync_uses_the_active_profile_not_the_effective_one(legacy: Path) -> None:
    arka("login", "-p", "work", "--with-token", stdin=TOKEN, environ={"ARKA_API_KEY": OTHER, "ARKA_PROFILE": "ci"})
    assert read_json(legacy) == {"token": TOKEN}


@pytest.mark.usefixtures("synced")
def test_legacy_sync_removes_the_token_if_the_active_one_is_for_another_workspace(legacy: Path) -> None:
    arka("use", "work")
    arka("login", "-p", "eu", "--with-token", "--api-url", OTHER_URL, stdin=OTHER)
    done = arka("use", "eu")
    assert (done.code, "the legacy file has no token now" in done.err) == (0, True)
    assert read_json(legacy) == {}


@pytest.mark.usefixtures("synced")
def test_legacy_sync_failure_is_only_a_warning(legacy: Path) -> None:
    legacy.parent.mkdir(parents=True)
    legacy.write_text("{")
    done = arka("use", "ci", "--json")
    assert (done.code, done.json["profile"]) == (0, "ci")
    assert f"warning: the legacy file was not updated: {legacy}, line 1, column 2" in done.err
    assert legacy.read_text() == "{"


@pytest.mark.usefixtures("two_profiles")
def test_legacy_sync_is_off_by_default(legacy: Path) -> None:
    arka("use", "ci")
    assert not legacy.exists()


# dotenv

TEXT = f"ARKA_API_KEY={TOKEN}\nARKA_API_URL=https://arka-ai.com\n"


@pytest.mark.usefixtures("two_profiles")
def test_export_dotenv_prints_the_lines() -> None:
    assert arka("export", "dotenv") == (0, TEXT, "")
    assert arka("export", "dotenv", "--json").json == {"text": TEXT}


def test_export_dotenv_writes_a_private_file(two_profiles: Path, tmp_path: Path) -> None:
    done = arka("export", "dotenv", "-o", ".env", "--json")
    assert done.json == {"path": str(tmp_path / ".env")}
    assert "plain text" in done.err
    assert (tmp_path / ".env").read_text() == TEXT
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600


@pytest.mark.usefixtures("two_profiles")
def test_export_dotenv_overwrites_only_with_force(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("MINE=1\n")
    done = arka("export", "dotenv", "-o", str(file))
    assert (done.code, done.out, "or add --force" in done.err) == (1, "", True)
    assert file.read_text() == "MINE=1\n"
    assert arka("export", "dotenv", "-p", "ci", "-o", str(file), "--force").code == 0
    assert OTHER in file.read_text()


@pytest.mark.parametrize("command", ["legacy", "dotenv", "dotenv -o .env"])
@pytest.mark.usefixtures("home")
def test_export_writes_nothing_without_a_token(
    command: str, tmp_path: Path, legacy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = arka("export", *command.split())
    assert (done.code, done.out) == (4, "")
    assert list(tmp_path.iterdir()) == []
