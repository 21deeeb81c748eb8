"""`vault` and `login --storage`: what is sealed, what opens it, and what is said where nothing does."""

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
from arka_config.sealing.unlockers import passphrase
from tests import no_network
from tests.cli.program import OTHER, TOKEN, Result, arka
from tests.sealing.memory_keyring import MemoryKeyring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from keyring.backend import KeyringBackend

PHRASE = "correct horse battery staple"
ARKA = str(Path(sys.executable).with_name("arka"))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passphrases at the least cost that is let pass."""
    monkeypatch.setattr(passphrase, "PARAMETERS", {"memory": 7 << 10, "passes": 1, "lanes": 1})
    monkeypatch.setattr(os_keyring, "TIME_LIMIT", 0.3)


@pytest.fixture
def ring() -> Iterator[MemoryKeyring]:
    """The keyring in use, one in memory."""
    made = MemoryKeyring()
    with in_use(made):
        yield made


@pytest.fixture
def no_ring() -> Iterator[None]:
    """What `keyring` uses where there is none."""
    from keyring.backends.fail import Keyring

    with in_use(Keyring()):  # type: ignore[no-untyped-call]
        yield


@contextlib.contextmanager
def in_use(backend: KeyringBackend) -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(backend)
    try:
        yield
    finally:
        keyring.set_keyring(before)


def done(*words: str, stdin: str = "", environ: dict[str, str] | None = None) -> Result:
    """One run that ends well."""
    ended = arka(*words, stdin=stdin, environ=environ)
    assert ended.code == 0, ended.err
    return ended


def holding(folder: Path, *texts: str) -> list[str]:
    """Every file below a folder that holds one of these texts, whatever its name."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in files if any(text.encode() in path.read_bytes() for text in texts)]


# On and off


@pytest.mark.parametrize("way", ["key-file", "passphrase"])
def test_no_file_below_the_home_holds_a_plain_token_after_enable(two: Path, tmp_path: Path, way: str) -> None:
    leftover = two / "data" / "tokens" / ".work.json.0123456789ab.arka-tmp"
    leftover.write_text(TOKEN)  # as a killed writer leaves it
    assert len(holding(tmp_path, TOKEN, OTHER)) == 3
    environ = {"ARKA_PASSPHRASE": PHRASE}
    done("vault", "enable", "--with", way, environ=environ)
    assert holding(tmp_path, TOKEN, OTHER, TOKEN[5:30], OTHER[5:30]) == []
    assert holding(tmp_path, PHRASE) == []
    assert done("token", environ=environ).out == TOKEN + "\n"

    done("login", "-p", "new", "--with-token", "--no-verify", stdin=TOKEN, environ=environ)
    done("profiles", "copy", "new", "copy", "--with-token", environ=environ)
    done("profiles", "rename", "copy", "renamed", environ=environ)
    done("vault", "rekey", environ=environ)
    assert holding(tmp_path, TOKEN, OTHER) == []
    assert done("token", "-p", "renamed", environ=environ).out == TOKEN + "\n"


def test_disable_asks_first_and_puts_every_token_back(two: Path) -> None:
    done("vault", "enable")
    assert arka("vault", "disable").code == 2
    assert holding(two, TOKEN) == []
    ended = done("vault", "disable", "--yes")
    assert "✓ Sealing is off; wrote 2 tokens in plain text" in ended.err
    assert "vault.key no longer opens this vault; you can delete it" in ended.err
    assert holding(two, TOKEN) == [str(two / "data" / "tokens" / "work.json")]


@pytest.mark.usefixtures("two")
def test_enabling_twice_is_an_error_that_says_what_else_there_is() -> None:
    done("vault", "enable")
    again = arka("vault", "enable")
    assert (again.code, again.err) == (
        1,
        "error: sealing is already on\nhint: arka vault status, or arka vault add-unlocker\n",
    )


@pytest.mark.usefixtures("two")
def test_without_a_vault_every_command_says_how_to_turn_it_on() -> None:
    for line in ("rekey", "unlock", "disable --yes", "add-unlocker key-file", "remove-unlocker key-file"):
        ended = arka("vault", *line.split())
        assert ended.code == 1
        assert "sealing is not on" in ended.err
        assert ended.err.endswith("hint: arka vault enable\n")
    assert done("vault", "status").out.split() == ["VAULT", "VALUE", "PLACE", "sealing", "off", "plain", "tokens", "2"]


@pytest.mark.usefixtures("two")
def test_what_stays_plain_is_said(home: Path) -> None:
    (home / "config").mkdir(exist_ok=True)
    (home / "config" / "config.toml").write_text('storage = "plain"\nlegacy_sync = true\n')
    ended = done("vault", "enable")
    assert 'storage = "plain": tokens of new profiles are not sealed' in ended.err
    assert "legacy_sync is on: the active profile's token is still written in plain text" in ended.err


@pytest.mark.usefixtures("two")
def test_the_last_unlocker_stays() -> None:
    done("vault", "enable")
    last = arka("vault", "remove-unlocker", "key-file")
    assert (last.code, "'key-file' is the last unlocker" in last.err) == (1, True)
    done("vault", "add-unlocker", "passphrase", environ={"ARKA_PASSPHRASE": PHRASE})
    done("vault", "remove-unlocker", "key-file", environ={"ARKA_PASSPHRASE": PHRASE})
    assert arka("token").code == 1
    assert done("token", environ={"ARKA_PASSPHRASE": PHRASE}).out == TOKEN + "\n"


@pytest.mark.usefixtures("two")
def test_the_passphrase_that_opens_it_is_not_taken_for_a_new_one() -> None:
    environ = {"ARKA_PASSPHRASE": PHRASE}
    done("vault", "enable", "--with", "passphrase", environ=environ)
    again = arka("vault", "add-unlocker", "passphrase", environ=environ)
    assert (again.code, again.err.splitlines()[0]) == (
        2,
        "error: there is no new passphrase, and there is no terminal to ask on",
    )
    done("vault", "add-unlocker", "key-file", environ=environ)
    again = arka("vault", "add-unlocker", "passphrase", environ=environ)
    assert (again.code, again.err) == (
        1,
        "error: that passphrase already opens the vault\nhint: choose another one\n",
    )
    assert [row["name"] for row in done("vault", "status", "--json").json["unlockers"]] == ["passphrase", "key-file"]


# Which storage


@pytest.mark.usefixtures("two")
def test_status_and_the_list_show_how_each_token_is_kept(ring: MemoryKeyring) -> None:
    done("vault", "enable")
    done("login", "-p", "ring", "--with-token", "--no-verify", "--storage", "keyring", stdin=TOKEN)
    done("login", "-p", "bare", "--with-token", "--no-verify", "--storage", "plain", stdin=TOKEN)
    listed = {row["name"]: row["token"]["storage"] for row in done("profiles", "list", "--json").json["profiles"]}
    assert listed == {"work": "sealed", "ci": "sealed", "ring": "keyring", "bare": "plain"}
    rows = [line.split() for line in done("profiles", "list").out.splitlines()[1:]]
    assert {row[-1] for row in rows} == {"sealed", "keyring", "plain"}
    for name, storage in listed.items():
        assert done("status", "--offline", "-p", name, "--json").json["token"]["storage"] == storage
        assert f"storage   {storage}" in done("status", "--offline", "-p", name).out
    calls = ring.calls
    done("profiles", "list")
    assert ring.calls == calls, "a listing waits for no keyring"


def test_a_keyring_that_is_not_there_is_an_error_and_falling_back_takes_the_flag(two: Path, no_ring: None) -> None:
    before = {str(path): path.read_bytes() for path in two.rglob("*.json")}
    words = ("login", "-p", "new", "--with-token", "--no-verify")
    refused = arka(*words, "--storage", "keyring", stdin=TOKEN[:-4] + "beef")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith("error: there is no OS keyring here")
    assert refused.err.endswith("hint: choose another storage: --storage sealed, or --storage plain\n")
    assert {str(path): path.read_bytes() for path in two.rglob("*.json")} == before
    assert holding(two, "beef") == []

    (two / "config").mkdir(exist_ok=True)
    (two / "config" / "config.toml").write_text('storage = "keyring"\n')
    assert arka(*words, stdin=TOKEN[:-4] + "beef").code == 1
    assert holding(two, "beef") == []
    refused = arka("vault", "enable", "--with", "keyring")
    assert (refused.code, holding(two, TOKEN)) == (1, [str(two / "data" / "tokens" / "work.json")])
    assert refused.err.endswith("hint: choose another unlocker\n")
    done(*words, "--storage", "plain", stdin=TOKEN[:-4] + "beef")
    assert holding(two, "beef") == [str(two / "data" / "tokens" / "new.json")]


def test_sealed_where_sealing_is_off_is_an_error_and_nothing_is_stored(two: Path) -> None:
    words = ("login", "-p", "new", "--with-token", "--no-verify", "--storage", "sealed")
    refused = arka(*words, stdin=TOKEN)
    assert (refused.code, refused.err.endswith("hint: arka vault enable\n")) == (1, True)
    assert not (two / "data" / "tokens" / "new.json").exists()


# What goes wrong


def damage(home: Path) -> None:
    path = home / "data" / "tokens" / "work.json"
    path.write_text(path.read_text().replace('"token": "', '"token": "00', 1))


def damage_the_key(home: Path) -> None:
    path = home / "data" / "data-key.json"
    path.write_text(path.read_text().replace('"wrapped": "', '"wrapped": "0', 1))


def move(home: Path) -> None:
    shutil.copy(home / "data" / "tokens" / "ci.json", home / "data" / "tokens" / "work.json")


def age(home: Path) -> None:
    path = home / "data" / "tokens" / "work.json"
    path.write_text(path.read_text().replace('"version": 2', '"version": 3'))


def lose_the_key_file(home: Path) -> None:
    (home / "state" / "vault.key").unlink()


def lose_the_data_key(home: Path) -> None:
    (home / "data" / "data-key.json").unlink()


def take_another_key_file(home: Path) -> None:
    (home / "state" / "vault.key").write_text(f"vault-key-1:{'00' * 32}\n")


WRONG: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "damaged file": (damage, "tokens/work.json: damaged or changed", "restore it from a backup"),
    "damaged data key": (damage_the_key, "data-key.json: damaged or changed", "restore it from a backup"),
    "moved file": (move, "tokens/work.json: this token was stored for another profile", "move the file back"),
    "newer format": (age, "tokens/work.json: format 3 is newer than this program", "update this program"),
    "key file missing": (
        lose_the_key_file,
        "the key file {home}/state/vault.key does not exist",
        "restore it from a backup",
    ),
    "another key file": (take_another_key_file, "state/vault.key does not open", "restore the right key file"),
    "data key missing": (lose_the_data_key, "data-key.json, which does not exist", "from a backup, or log in again"),
}


@pytest.mark.parametrize("what", WRONG)
@pytest.mark.parametrize("line", ["token", "token --json", "exec -- true", "env --with-token", "export dotenv"])
def test_what_goes_wrong_has_its_own_message(two: Path, what: str, line: str) -> None:
    done("vault", "enable")
    harm, message, hint = WRONG[what]
    harm(two)
    ended = arka(*line.split())
    first, _, last = ended.err.partition("\n")
    assert (ended.code, ended.out) == (1, "")
    assert first.startswith("error: ")
    assert message.replace("{home}", str(two)) in first
    assert last.startswith("hint: ")
    assert hint in last
    assert TOKEN not in ended.err


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(
    ("fault", "message"),
    [("locked", "is locked"), ("slow", "did not answer within 0.3 s"), ("broken", "failed (OSError)")],
)
@pytest.mark.parametrize("way", ["--with keyring", "--storage keyring"])
def test_a_keyring_s_fault_is_told_apart(ring: MemoryKeyring, fault: str, message: str, way: str) -> None:
    if way.startswith("--with"):
        done("vault", "enable", *way.split())
    else:
        done("login", "-p", "work", "--with-token", "--no-verify", *way.split(), stdin=TOKEN)
    assert done("token", "-p", "work").out == TOKEN + "\n"
    ring.fault = fault
    ended = arka("token", "-p", "work")
    assert (ended.code, ended.out) == (1, "")
    assert message in ended.err
    assert "\nhint: " in ended.err


@pytest.mark.usefixtures("two")
def test_a_wrong_passphrase_is_said_to_be_that_and_where_it_came_from(tmp_path: Path) -> None:
    done("vault", "enable", "--with", "passphrase", environ={"ARKA_PASSPHRASE": PHRASE})
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


@pytest.mark.usefixtures("two")
def test_a_passphrase_comes_from_each_of_its_variables(tmp_path: Path) -> None:
    file = tmp_path / "phrase"
    file.write_text(PHRASE + "\n")
    file.chmod(0o600)
    done("vault", "enable", "--with", "passphrase", environ={"ARKA_PASSPHRASE_FILE": str(file)})
    for variable, value in (
        ("ARKA_PASSPHRASE", PHRASE),
        ("ARKA_PASSPHRASE_FILE", str(file)),
        ("ARKA_PASSPHRASE_COMMAND", f"cat '{file}'"),
    ):
        assert done("token", environ={variable: value}).out == TOKEN + "\n"


# Sessions


@pytest.fixture
def session(two: Path) -> str:
    """The value of ARKA_SESSION, for a vault that only a passphrase opens."""
    environ = {"ARKA_PASSPHRASE": PHRASE}
    done("vault", "enable", "--with", "passphrase", environ=environ)
    line = done("vault", "unlock", "--shell", "bash", environ=environ)
    assert line.out.startswith("export ARKA_SESSION='")
    return line.out.removeprefix("export ARKA_SESSION='").rstrip("'\n")


def test_a_session_opens_what_a_passphrase_does_until_it_is_ended(two: Path, session: str) -> None:
    environ = {"ARKA_SESSION": session}
    assert done("token", environ=environ).out == TOKEN + "\n"
    assert done("vault", "status", "--json", environ=environ).json | {"path": "", "unlockers": []} == {
        "enabled": True,
        "path": "",
        "open": True,
        "unfinished": None,
        "unlockers": [],
        "sessions": 1,
        "tokens": {"plain": 0, "sealed": 2, "keyring": 0},
    }
    assert holding(two, session.partition(".")[2]) == []
    done("vault", "lock", environ=environ)
    ended = arka("token", environ=environ)
    assert (ended.code, ended.out) == (1, "")
    assert "the session in ARKA_SESSION has ended, or is from another machine" in ended.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
@pytest.mark.usefixtures("session")
def test_unlock_writes_for_each_shell_and_names_the_time_on_stderr(shell: str) -> None:
    begins = {"fish": "set -gx ARKA_SESSION '", "powershell": "$env:ARKA_SESSION = '"}
    ended = done("vault", "unlock", "--shell", shell, "--for", "45min", environ={"ARKA_PASSPHRASE": PHRASE})
    assert ended.out.startswith(begins.get(shell, "export ARKA_SESSION='"))
    assert len(ended.out.splitlines()) == 1
    assert ended.err.startswith("✓ Open until ")


SECRETS = {
    "ARKA_PASSPHRASE": PHRASE,
    "ARKA_PASSPHRASE_FILE": "/nowhere",
    "ARKA_PASSPHRASE_COMMAND": "false",
    "ARKA_API_KEY": OTHER,
}


@pytest.mark.parametrize("line", ["exec -p work -- env", "exec -p work env", "exec --profile work -- env"])
def test_exec_passes_neither_the_session_nor_a_passphrase_on(two: Path, session: str, line: str) -> None:
    environ = {"PATH": os.environ["PATH"], "ARKA_HOME": str(two), "ARKA_SESSION": session, **no_network.VARIABLES}
    child = subprocess.run(
        [ARKA, *line.split()], env=environ | SECRETS, capture_output=True, encoding="utf-8", check=True
    )
    passed = dict(row.split("=", 1) for row in child.stdout.splitlines() if row.startswith("ARKA_"))
    assert passed.keys() == {"ARKA_API_KEY", "ARKA_API_URL", "ARKA_PROFILE", "ARKA_HOME"}
    assert passed["ARKA_API_KEY"] == TOKEN
    assert session not in child.stdout + child.stderr
    assert PHRASE not in child.stdout


def test_neither_a_browser_nor_a_helper_gets_the_session(two: Path, session: str, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    script = tmp_path / "program"
    script.write_text(f"#!/bin/sh\nenv >>'{seen}'\necho {TOKEN}\n")
    script.chmod(0o700)
    (two / "config").mkdir(exist_ok=True)
    (two / "config" / "config.toml").write_text(f'[helpers]\nseer = "{script}"\n')
    environ = {"ARKA_SESSION": session, "BROWSER": str(script)}
    done("profiles", "create", "elsewhere", "token.helper=seer", environ=environ)
    assert done("token", "-p", "elsewhere", environ=environ).out == TOKEN + "\n"
    assert seen.exists()
    arka("revoke", "-p", "work", "--yes", environ=environ)
    assert session not in seen.read_text()


def test_unlock_in_json_has_the_variable_and_its_end(session: str) -> None:
    document = json.loads(done("vault", "unlock", "--json", environ={"ARKA_PASSPHRASE": PHRASE}).out)
    assert document.keys() == {"variables", "expires"}
    assert document["variables"].keys() == {"ARKA_SESSION"}
    assert document["variables"]["ARKA_SESSION"] != session
