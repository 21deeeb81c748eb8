"""`vault` and `login --storage`: what is sealed, what opens it, and the errors if nothing opens it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import keyring
import pytest

from arka_config.sealing import os_keyring
from tests import no_network
from tests.cli.program import OTHER, TOKEN, Result, arka
from tests.sealing.memory_keyring import MemoryKeyring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from keyring.backend import KeyringBackend

PHRASE = "correct horse battery staple"
ARKA = str(Path(sys.executable).with_name("arka"))


@pytest.fixture(autouse=True)
def short_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for the keyring 0.3 seconds only."""
    monkeypatch.setattr(os_keyring, "TIME_LIMIT", 0.3)


@pytest.fixture
def ring() -> Iterator[MemoryKeyring]:
    """A keyring in memory, set as the current one."""
    made = MemoryKeyring()
    with current_keyring(made):
        yield made


@pytest.fixture
def no_keyring() -> Iterator[None]:
    """The backend that `keyring` uses if there is no OS keyring."""
    from keyring.backends.fail import Keyring

    with current_keyring(Keyring()):  # type: ignore[no-untyped-call]
        yield


@contextlib.contextmanager
def current_keyring(backend: KeyringBackend) -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(backend)
    try:
        yield
    finally:
        keyring.set_keyring(before)


def run(*words: str, stdin: str = "", environ: dict[str, str] | None = None) -> Result:
    """Run a command that must succeed."""
    ended = arka(*words, stdin=stdin, environ=environ)
    assert ended.code == 0, ended.err
    return ended


def find_files(folder: Path, *texts: str) -> list[str]:
    """Return the files below a folder that contain one of these texts."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in files if any(text.encode() in path.read_bytes() for text in texts)]


# On and off


@pytest.mark.parametrize("way", ["key-file", "passphrase"])
def test_enable_leaves_no_plain_token_in_the_home(two_profiles: Path, tmp_path: Path, way: str) -> None:
    leftover = two_profiles / "data" / "tokens" / ".work.json.0123456789ab.arka-tmp"
    leftover.write_text(TOKEN)  # as a killed writer leaves it
    assert len(find_files(tmp_path, TOKEN, OTHER)) == 3
    environ = {"ARKA_PASSPHRASE": PHRASE}
    run("vault", "enable", "--with", way, environ=environ)
    assert find_files(tmp_path, TOKEN, OTHER, TOKEN[5:30], OTHER[5:30]) == []
    assert find_files(tmp_path, PHRASE) == []
    assert run("token", environ=environ).out == TOKEN + "\n"

    run("login", "-p", "new", "--with-token", "--no-verify", stdin=TOKEN, environ=environ)
    run("profiles", "copy", "new", "copy", "--with-token", environ=environ)
    run("profiles", "rename", "copy", "renamed", environ=environ)
    run("vault", "rekey", environ=environ)
    assert find_files(tmp_path, TOKEN, OTHER) == []
    assert run("token", "-p", "renamed", environ=environ).out == TOKEN + "\n"


def test_disable_asks_and_writes_plain_tokens(two_profiles: Path) -> None:
    run("vault", "enable")
    assert arka("vault", "disable").code == 2
    assert find_files(two_profiles, TOKEN) == []
    ended = run("vault", "disable", "--yes")
    assert "✓ Sealing is off; wrote 2 tokens in plain text" in ended.err
    assert "vault.key no longer opens this vault; you can delete it" in ended.err
    assert find_files(two_profiles, TOKEN) == [str(two_profiles / "data" / "tokens" / "work.json")]


@pytest.mark.usefixtures("two_profiles")
def test_enable_twice_is_an_error_with_alternatives() -> None:
    run("vault", "enable")
    again = arka("vault", "enable")
    assert (again.code, again.err) == (
        1,
        "error: sealing is already on\nhint: arka vault status, or arka vault add-unlocker\n",
    )


@pytest.mark.usefixtures("two_profiles")
def test_vault_commands_without_a_vault_name_enable() -> None:
    for line in ("rekey", "unlock", "disable --yes", "add-unlocker key-file", "remove-unlocker key-file"):
        ended = arka("vault", *line.split())
        assert ended.code == 1
        assert "sealing is off" in ended.err
        assert ended.err.endswith("hint: arka vault enable\n")
    assert run("vault", "status").out.split() == ["VAULT", "VALUE", "PLACE", "sealing", "off", "plain", "tokens", "2"]


@pytest.mark.usefixtures("two_profiles")
def test_enable_warns_of_a_weak_passphrase_without_repeating_it() -> None:
    weak = "Letmein2026!!"
    ended = run("vault", "enable", "--with", "passphrase", environ={"ARKA_PASSPHRASE": weak})
    assert "warning: the passphrase is weak: it is one of the first that an attacker tries\n" in ended.err
    assert weak.lower() not in (ended.out + ended.err).lower()
    run("vault", "disable", "--yes", environ={"ARKA_PASSPHRASE": weak})
    assert "weak" not in run("vault", "enable", "--with", "passphrase", environ={"ARKA_PASSPHRASE": PHRASE}).err


@pytest.mark.parametrize(
    ("folder", "said"), [("you", "a copy of your home does"), ("stick", "a copy of your home opens no token")]
)
@pytest.mark.usefixtures("two_profiles")
def test_enable_says_what_a_key_file_protects_against(tmp_path: Path, folder: str, said: str) -> None:
    (tmp_path / folder).mkdir()
    key = str(tmp_path / folder / "vault.key")
    assert said in run("vault", "enable", "--key-file", key, environ={"HOME": str(tmp_path / "you")}).err


@pytest.mark.usefixtures("two_profiles", "ring")
def test_enable_says_what_the_other_unlockers_protect_against() -> None:
    words = ("vault", "enable", "--with", "passphrase", "--with", "keyring")
    ended = run(*words, environ={"ARKA_PASSPHRASE": PHRASE})
    assert "opens no token unless the passphrase is guessed" in ended.err
    assert "opens no token without your login password" in ended.err


def test_locked_out_user_is_led_to_the_recovery_page(two_profiles: Path) -> None:
    run("vault", "enable")
    (two_profiles / "state" / "vault.key").unlink()
    assert "docs/guides/recovery.md" in arka("token").err
    assert (Path(__file__).parents[2] / "docs" / "guides" / "recovery.md").is_file()


@pytest.mark.usefixtures("two_profiles")
def test_remove_unlocker_takes_several_names(tmp_path: Path) -> None:
    for command in ("enable", "add-unlocker key-file", "add-unlocker key-file"):
        keys = len(list(tmp_path.glob("*.key")))
        run("vault", *command.split(), "--key-file", str(tmp_path / f"{keys}.key"))
    for lost in ("0.key", "1.key"):
        (tmp_path / lost).unlink()
    ended = run("vault", "remove-unlocker", "key-file", "key-file-2", "--json")
    assert ended.json == {"unlockers": ["key-file", "key-file-2"]}
    assert "Removed unlockers 'key-file' and 'key-file-2'" in ended.err
    assert run("token").out == TOKEN + "\n"


@pytest.mark.usefixtures("two_profiles")
def test_enable_warns_of_tokens_that_stay_plain(home: Path) -> None:
    (home / "config").mkdir(exist_ok=True)
    (home / "config" / "config.toml").write_text('storage = "plain"\nlegacy_sync = true\n')
    ended = run("vault", "enable")
    assert 'storage = "plain" has no effect while sealing is on' in ended.err
    assert "legacy_sync is on: the active profile's token is still written in plain text" in ended.err


@pytest.mark.usefixtures("two_profiles")
def test_remove_unlocker_refuses_the_last_one() -> None:
    run("vault", "enable")
    last = arka("vault", "remove-unlocker", "key-file")
    assert (last.code, "'key-file' is the last unlocker" in last.err) == (1, True)
    run("vault", "add-unlocker", "passphrase", environ={"ARKA_PASSPHRASE": PHRASE})
    run("vault", "remove-unlocker", "key-file", environ={"ARKA_PASSPHRASE": PHRASE})
    assert arka("token").code == 1
    assert run("token", environ={"ARKA_PASSPHRASE": PHRASE}).out == TOKEN + "\n"


@pytest.mark.usefixtures("two_profiles")
def test_add_unlocker_does_not_reuse_the_opening_passphrase() -> None:
    environ = {"ARKA_PASSPHRASE": PHRASE}
    run("vault", "enable", "--with", "passphrase", environ=environ)
    again = arka("vault", "add-unlocker", "passphrase", environ=environ)
    assert (again.code, again.err.splitlines()[0]) == (
        2,
        "error: there is no new passphrase, and there is no terminal to ask on",
    )
    run("vault", "add-unlocker", "key-file", environ=environ)
    again = arka("vault", "add-unlocker", "passphrase", environ=environ)
    assert (again.code, again.err) == (
        1,
        "error: that passphrase already opens the vault\nhint: choose another one\n",
    )
    assert [row["name"] for row in run("vault", "status", "--json").json["unlockers"]] == ["passphrase", "key-file"]


# Which storage


@pytest.mark.usefixtures("two_profiles")
def test_status_and_list_show_the_storage_of_each_token(ring: MemoryKeyring) -> None:
    run("vault", "enable")
    run("login", "-p", "ring", "--with-token", "--no-verify", "--storage", "keyring", stdin=TOKEN)
    run("login", "-p", "bare", "--with-token", "--no-verify", "--storage", "plain", stdin=TOKEN)
    listed = {row["name"]: row["token"]["storage"] for row in run("profiles", "list", "--json").json["profiles"]}
    assert listed == {"work": "sealed", "ci": "sealed", "ring": "keyring", "bare": "plain"}
    rows = [line.split() for line in run("profiles", "list").out.splitlines()[1:]]
    assert {row[-1] for row in rows} == {"sealed", "keyring", "plain"}
    for name, storage in listed.items():
        assert run("status", "--offline", "-p", name, "--json").json["token"]["storage"] == storage
        assert f"storage   {storage}" in run("status", "--offline", "-p", name).out
    calls = ring.calls
    run("profiles", "list")
    assert ring.calls == calls, "a listing waits for no keyring"


def test_missing_keyring_is_an_error_without_a_fallback(two_profiles: Path, no_keyring: None) -> None:
    before = {str(path): path.read_bytes() for path in two_profiles.rglob("*.json")}
    words = ("login", "-p", "new", "--with-token", "--no-verify")
    refused = arka(*words, "--storage", "keyring", stdin=TOKEN[:-4] + "beef")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith("error: there is no OS keyring here")
    assert refused.err.endswith("hint: choose another storage: --storage sealed, or --storage plain\n")
    assert {str(path): path.read_bytes() for path in two_profiles.rglob("*.json")} == before
    assert find_files(two_profiles, "beef") == []

    (two_profiles / "config").mkdir(exist_ok=True)
    (two_profiles / "config" / "config.toml").write_text('storage = "keyring"\n')
    assert arka(*words, stdin=TOKEN[:-4] + "beef").code == 1
    assert find_files(two_profiles, "beef") == []
    refused = arka("vault", "enable", "--with", "keyring")
    assert (refused.code, find_files(two_profiles, TOKEN)) == (
        1,
        [str(two_profiles / "data" / "tokens" / "work.json")],
    )
    assert refused.err.endswith("hint: choose another unlocker\n")
    run(*words, "--storage", "plain", stdin=TOKEN[:-4] + "beef")
    assert find_files(two_profiles, "beef") == [str(two_profiles / "data" / "tokens" / "new.json")]


def test_sealed_storage_while_sealing_is_off_stores_nothing(two_profiles: Path) -> None:
    words = ("login", "-p", "new", "--with-token", "--no-verify", "--storage", "sealed")
    refused = arka(*words, stdin=TOKEN)
    assert (refused.code, refused.err.endswith("hint: arka vault enable\n")) == (1, True)
    assert not (two_profiles / "data" / "tokens" / "new.json").exists()


# What goes wrong


def damage(home: Path) -> None:
    path = home / "data" / "tokens" / "work.json"
    path.write_text(path.read_text().replace('"token": "', '"token": "00', 1))


def damage_the_key(home: Path) -> None:
    path = home / "data" / "data-key.json"
    path.write_text(path.read_text().replace('"wrapped": "', '"wrapped": "0', 1))


def move(home: Path) -> None:
    shutil.copy(home / "data" / "tokens" / "ci.json", home / "data" / "tokens" / "work.json")


def make_newer(home: Path) -> None:
    path = home / "data" / "tokens" / "work.json"
    path.write_text(path.read_text().replace('"version": 2', '"version": 3'))


def delete_the_key_file(home: Path) -> None:
    (home / "state" / "vault.key").unlink()


def delete_the_data_key(home: Path) -> None:
    (home / "data" / "data-key.json").unlink()


def replace_the_key_file(home: Path) -> None:
    (home / "state" / "vault.key").write_text(f"vault-key-1:{'00' * 32}\n")


WRONG: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "damaged file": (damage, "tokens/work.json: damaged or changed", "restore it from a backup"),
    "damaged data key": (damage_the_key, "data-key.json: damaged or changed", "restore it from a backup"),
    "moved file": (move, "tokens/work.json: this token was stored for another profile", "move the file back"),
    "newer format": (make_newer, "tokens/work.json: format 3 is newer than this program", "update this program"),
    "key file missing": (
        delete_the_key_file,
        "the key file {home}/state/vault.key does not exist",
        "restore it from a backup",
    ),
    "another key file": (replace_the_key_file, "state/vault.key does not open", "restore the right key file"),
    "data key missing": (
        delete_the_data_key,
        "data-key.json, which does not exist",
        "or log in again: arka logout --profile",
    ),
}


def test_hint_for_a_missing_data_key_works_when_it_is_run(two_profiles: Path) -> None:
    assert arka("vault", "enable").code == 0
    delete_the_data_key(two_profiles)
    (two_profiles / "state" / "vault.json").unlink()  # as `vault disable` does
    commands = arka("token", "-p", "work").err.partition("or log in again: ")[2].strip().split(" && ")
    assert len(commands) == 2
    assert arka(*commands[0].split()[1:]).code == 0
    assert arka(*commands[1].split()[1:], "--with-token", "--no-verify", stdin=TOKEN).code == 0
    assert arka("token", "-p", "work").out == f"{TOKEN}\n"


@pytest.mark.parametrize("what", WRONG)
@pytest.mark.parametrize("line", ["token", "token --json", "exec -- true", "env --with-token", "export dotenv"])
def test_each_failure_has_its_own_message(two_profiles: Path, what: str, line: str) -> None:
    run("vault", "enable")
    harm, message, hint = WRONG[what]
    harm(two_profiles)
    ended = arka(*line.split())
    first, _, last = ended.err.partition("\n")
    assert (ended.code, TOKEN in ended.out) == (1, False)
    assert ended.json.keys() == {"error"} if "--json" in line else ended.out == ""
    assert first.startswith("error: ")
    assert message.replace("{home}", str(two_profiles)) in first
    assert last.startswith("hint: ")
    assert hint in last
    assert TOKEN not in ended.err


@pytest.mark.usefixtures("two_profiles")
@pytest.mark.parametrize(
    ("fault", "message"),
    [("locked", "is locked"), ("slow", "did not answer within 0.3 s"), ("broken", "failed (OSError)")],
)
@pytest.mark.parametrize("way", ["--with keyring", "--storage keyring"])
def test_each_keyring_failure_has_its_own_message(ring: MemoryKeyring, fault: str, message: str, way: str) -> None:
    if way.startswith("--with"):
        run("vault", "enable", *way.split())
    else:
        run("login", "-p", "work", "--with-token", "--no-verify", *way.split(), stdin=TOKEN)
    assert run("token", "-p", "work").out == TOKEN + "\n"
    ring.fault = fault
    ended = arka("token", "-p", "work")
    assert (ended.code, ended.out) == (1, "")
    assert message in ended.err
    assert "\nhint: " in ended.err


@pytest.mark.usefixtures("two_profiles")
def test_wrong_passphrase_names_its_variable(tmp_path: Path) -> None:
    run("vault", "enable", "--with", "passphrase", environ={"ARKA_PASSPHRASE": PHRASE})
    file = tmp_path / "phrase"
    file.write_text("wrong")
    file.chmod(0o600)
    for variable, value in (
        ("ARKA_PASSPHRASE", "wrong"),
        ("ARKA_PASSPHRASE_FILE", str(file)),
        ("ARKA_PASSPHRASE_COMMAND", "echo wrong"),
    ):
        ended = arka("token", environ={variable: value})
        assert (ended.code, ended.out) == (1, "")
        assert ended.err.startswith(f"error: wrong passphrase in {variable}\nhint: ")
    ended = arka("token")
    assert (
        ended.code,
        "needs a passphrase: ARKA_PASSPHRASE is not set, and there is no terminal to ask on" in ended.err,
    ) == (
        1,
        True,
    )


@pytest.mark.usefixtures("two_profiles")
def test_passphrase_comes_from_each_variable(tmp_path: Path) -> None:
    file = tmp_path / "phrase"
    file.write_text(PHRASE + "\n")
    file.chmod(0o600)
    run("vault", "enable", "--with", "passphrase", environ={"ARKA_PASSPHRASE_FILE": str(file)})
    for variable, value in (
        ("ARKA_PASSPHRASE", PHRASE),
        ("ARKA_PASSPHRASE_FILE", str(file)),
        ("ARKA_PASSPHRASE_COMMAND", f"cat '{file}'"),
    ):
        assert run("token", environ={variable: value}).out == TOKEN + "\n"


# Sessions


@pytest.fixture
def session(two_profiles: Path) -> str:
    """A value of ARKA_SESSION for a vault that only a passphrase opens."""
    environ = {"ARKA_PASSPHRASE": PHRASE}
    run("vault", "enable", "--with", "passphrase", environ=environ)
    line = run("vault", "unlock", "--shell", "bash", environ=environ)
    assert line.out.startswith("export ARKA_SESSION='")
    return line.out.removeprefix("export ARKA_SESSION='").rstrip("'\n")


def test_session_opens_tokens_until_lock(two_profiles: Path, session: str) -> None:
    environ = {"ARKA_SESSION": session}
    assert run("token", environ=environ).out == TOKEN + "\n"
    assert run("vault", "status", "--json", environ=environ).json | {"path": "", "unlockers": []} == {
        "enabled": True,
        "path": "",
        "open": True,
        "unfinished": None,
        "unlockers": [],
        "sessions": 1,
        "tokens": {"plain": 0, "sealed": 2, "keyring": 0},
        "secrets": {"plain": 0, "sealed": 0, "keyring": 0},
    }
    assert find_files(two_profiles, session.partition(".")[2]) == []
    run("vault", "lock", environ=environ)
    ended = arka("token", environ=environ)
    assert (ended.code, ended.out) == (1, "")
    assert "the session in ARKA_SESSION has ended, or is from another machine" in ended.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
@pytest.mark.usefixtures("session")
def test_unlock_prints_a_line_per_shell_and_the_expiry(shell: str) -> None:
    begins = {"fish": "set -gx ARKA_SESSION '", "powershell": "$env:ARKA_SESSION = '"}
    ended = run("vault", "unlock", "--shell", shell, "--for", "45min", environ={"ARKA_PASSPHRASE": PHRASE})
    assert ended.out.startswith(begins.get(shell, "export ARKA_SESSION='"))
    assert len(ended.out.splitlines()) == 1
    assert ended.err.startswith("✓ Open until ")


@pytest.mark.usefixtures("session")
def test_unlock_begins_no_session_for_a_shell_that_has_no_lines() -> None:
    before = run("vault", "status", "--json").json["sessions"]
    ended = arka("vault", "unlock", environ={"ARKA_PASSPHRASE": PHRASE, "SHELL": "/bin/tcsh"})
    assert (ended.code, ended.out) == (2, "")
    assert "SHELL is tcsh, and there are no lines for its syntax" in ended.err
    assert run("vault", "status", "--json").json["sessions"] == before


SECRETS = {
    "ARKA_PASSPHRASE": PHRASE,
    "ARKA_PASSPHRASE_FILE": "/nowhere",
    "ARKA_PASSPHRASE_COMMAND": "false",
    "ARKA_API_KEY": OTHER,
}


@pytest.mark.parametrize("line", ["exec -p work -- env", "exec -p work env", "exec --profile work -- env"])
def test_exec_does_not_pass_the_session_or_a_passphrase(two_profiles: Path, session: str, line: str) -> None:
    environ = {
        "PATH": os.environ["PATH"],
        "ARKA_HOME": str(two_profiles),
        "ARKA_SESSION": session,
        **no_network.VARIABLES,
    }
    child = subprocess.run(
        [ARKA, *line.split()], env=environ | SECRETS, capture_output=True, encoding="utf-8", check=True
    )
    passed = dict(row.split("=", 1) for row in child.stdout.splitlines() if row.startswith("ARKA_"))
    assert passed.keys() == {"ARKA_API_KEY", "ARKA_API_URL", "ARKA_PROFILE", "ARKA_HOME"}
    assert passed["ARKA_API_KEY"] == TOKEN
    assert session not in child.stdout + child.stderr
    assert PHRASE not in child.stdout


def test_browser_and_helper_do_not_get_the_session(two_profiles: Path, session: str, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    script = tmp_path / "program"
    script.write_text(f"#!/bin/sh\nenv >>'{seen}'\necho {TOKEN}\n")
    script.chmod(0o700)
    (two_profiles / "config").mkdir(exist_ok=True)
    (two_profiles / "config" / "config.toml").write_text(f'[helpers]\nseer = "{script}"\n')
    environ = {"ARKA_SESSION": session, "BROWSER": str(script)}
    run("profiles", "create", "elsewhere", "token.helper=seer", environ=environ)
    assert run("token", "-p", "elsewhere", environ=environ).out == TOKEN + "\n"
    assert seen.exists()
    arka("revoke", "-p", "work", "--yes", environ=environ)
    assert session not in seen.read_text()


def test_unlock_json_has_the_variable_and_the_expiry(session: str) -> None:
    document = json.loads(run("vault", "unlock", "--json", environ={"ARKA_PASSPHRASE": PHRASE}).out)
    assert document.keys() == {"variables", "expires"}
    assert document["variables"].keys() == {"ARKA_SESSION"}
    assert document["variables"]["ARKA_SESSION"] != session
