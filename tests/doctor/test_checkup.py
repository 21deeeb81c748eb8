"""The parts: the list of checks and its page, a check that fails, apps of other shapes, and the search for tokens."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import keyring
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arka_config import App, Credential, Origin, ProfileStore, Secret
from arka_config.doctor import commands, token_scan
from arka_config.doctor.machine import Machine
from arka_config.doctor.problem import WARNING, Problem
from arka_config.doctor.registry import CHECKS, GROUPS, Check, run_checks
from arka_config.errors import ConfigError
from arka_config.sealing.unlockers import os_keyring
from arka_config.text import is_printable
from tests import acme, peers
from tests.cli.program import OTHER, TOKEN
from tests.doctor.illnesses import ILLNESSES
from tests.sealing.memory_keyring import MemoryKeyring

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.doctor.ward import Ward

PAGE = Path(__file__).parents[2] / "docs" / "doctor.md"


def test_every_check_has_its_row_on_the_page_in_its_group() -> None:
    group, rows = "", []
    for line in PAGE.read_text("utf-8").splitlines():
        if line.startswith("## "):
            group = line.removeprefix("## ")
        elif line.startswith("| `") and group in GROUPS:
            rows.append((line.split("`")[1], group))
            assert len([cell for cell in line.split("|") if cell.strip()]) == 4, line
    assert rows == [(check.name, check.group) for check in CHECKS]


def test_every_check_but_the_keyrings_has_an_illness() -> None:
    assert {check.name for check in CHECKS} - {illness.check for illness in ILLNESSES.values()} <= {"keyring", "owners"}


def test_groups_stand_together() -> None:
    assert list(dict.fromkeys(check.group for check in CHECKS)) == list(GROUPS)
    groups = [check.group for check in CHECKS]
    assert groups == sorted(groups, key=list(GROUPS).index)


def test_a_check_that_fails_is_found_and_hides_nothing(ward: Ward) -> None:
    def fails(machine: Machine) -> Iterator[Problem]:
        yield Problem(WARNING, "a", "found before")
        raise ValueError(TOKEN)

    def refuses(machine: Machine) -> list[Problem]:
        raise ConfigError(f"it holds {OTHER}")

    def cannot(machine: Machine) -> list[Problem]:
        raise PermissionError(13, "Permission denied", "/there")

    after = Check("after", "Files", "", lambda machine: [Problem(WARNING, "b", "found after")])
    checks = [
        Check("fails", "Files", "", fails),
        Check("refuses", "Files", "", refuses),
        Check("cannot", "Files", "", cannot),
    ]
    found = run_checks(Machine(ward.store, directory=str(ward.home)), [*checks, after])
    assert [(each.check, each.place, each.message) for each in found] == [
        ("fails", "a", "found before"),
        ("fails", "", "the check 'fails' failed (ValueError), which is a fault of this program"),
        ("refuses", "", "it holds arka_…77d1"),
        ("cannot", "/there", "this could not be looked at: permission denied"),
        ("after", "b", "found after"),
    ]


# Other apps


def test_another_app_is_looked_at_by_its_own_names(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "ACME_TIMEOT": "3"}
    store = ProfileStore.open(acme.app, environ)
    store.log_in("work", Credential(Secret("acme_secret-token-of-theirs"), Origin.of("https://api.acme.example")))
    store.edit("work", {("settings", "verbos"): True, ("settings", "password"): "x"})
    Path(store.tokens.path("work")).chmod(0o644)
    (tmp_path / ".bash_history").write_text("acme --token acme_secret-token-of-theirs-which-is-long\n")
    found = run_checks(Machine(store, directory=str(tmp_path)))
    assert [(each.check, each.command) for each in found] == [
        ("modes", f"chmod 600 {store.tokens.path('work')}"),
        ("profiles", f"${{EDITOR:-vi}} {store.profiles.path('work')}"),
        ("variables", "unset ACME_TIMEOT"),
        ("history", f"sed -i 1d {tmp_path}/.bash_history"),
    ]


def test_an_app_without_settings_or_tokens_of_a_shape_is_looked_at_too(tmp_path: Path) -> None:
    plain = App("plain")
    store = ProfileStore.open(plain, {"HOME": str(tmp_path), "PLAIN_X": "3"})
    store.log_in(
        "work", Credential(Secret("anything"), Origin.of("https://plain.example"), expires="2026-01-01T00:00:00Z")
    )
    store.edit("work", {("settings", "free"): 3})
    (tmp_path / ".bash_history").write_text("plain anything\n")
    assert [each.command for each in run_checks(Machine(store, directory=str(tmp_path)))] == [
        "plain login --profile work"
    ]


# The keyring


@pytest.fixture
def memory_keyring(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryKeyring]:
    before, made = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(made)
    monkeypatch.setattr(os_keyring, "PATIENCE", 0.3)
    yield made
    keyring.set_keyring(before)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("", ""),
        ("locked", "is locked"),
        ("slow", "did not answer within 0.3 s"),
        ("broken", "failed (OSError)"),
        ("gone", "has no entry"),
    ],
)
def test_a_keyring_is_asked_once_and_not_waited_for(
    ward: Ward, memory_keyring: MemoryKeyring, fault: str, said: str
) -> None:
    for name in ("one", "two"):
        ward.store.log_in(name, Credential(Secret(TOKEN), Origin.of("https://arka-ai.com")), storage="keyring")
    memory_keyring.fault = fault
    if fault == "gone":
        memory_keyring.entries.clear()
    memory_keyring.calls = 0
    found = ward.found()
    assert [each["check"] for each in found] == ([] if not said else ["keyring"])
    assert memory_keyring.calls == 1
    for each in found:
        assert said in each["message"]
        assert each["command"] or each["advice"]


def test_a_slow_keyring_is_told(ward: Ward, memory_keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch) -> None:
    ward.store.log_in("one", Credential(Secret(TOKEN), Origin.of("https://arka-ai.com")), storage="keyring")
    monkeypatch.setattr("arka_config.doctor.sealing.SLOW", 0.0)
    (problem,) = ward.found()
    assert (problem["check"], problem["severity"]) == ("keyring", "warning")
    assert "the OS keyring answers after" in problem["message"]


def test_a_keyring_that_is_wanted_and_not_there_is_told(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    from keyring.backends.fail import Keyring

    before = keyring.get_keyring()
    ward.write(ward.config("config.toml"), 'storage = "keyring"\n')
    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]
    try:
        (problem,) = ward.found()
    finally:
        keyring.set_keyring(before)
    assert (problem["check"], problem["severity"]) == ("keyring", "error")
    assert "there is no OS keyring here" in problem["message"]


# The search, and the commands


@given(
    st.lists(
        st.sampled_from(["ls", "", "echo é", "arka_short", "\x1b[0m", f"curl {TOKEN}", f"{TOKEN}{OTHER}", f"x{TOKEN}"])
    )
)
def test_lines_are_counted_as_sed_counts_them(lines: list[str]) -> None:
    path = Path(tempfile.mkdtemp()) / "history"
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    found = token_scan.found_in(str(path), acme_like())
    wanted = [at for at, line in enumerate(lines, 1) if line.startswith(("curl", TOKEN))]
    assert [each.first for each in found] == wanted
    if found:
        spans = [(each.first, each.last) for each in found]
        subprocess.run(["sh", "-c", commands.without_lines(str(path), spans)], check=True)
        assert token_scan.found_in(str(path), acme_like()) == []
        assert path.read_text("utf-8").count("\n") == len(lines) - len(wanted)


def acme_like() -> App:
    return App("arka", token_prefix="arka_", token_length=42)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    subprocess.run(["mkfifo", tmp_path / "pipe"], check=True)
    assert token_scan.found_in(str(tmp_path / "pipe"), acme_like()) == []
    assert token_scan.found_in(str(tmp_path), acme_like()) == []
    assert token_scan.found_in(str(tmp_path / "none"), acme_like()) == []


def test_a_find_does_not_show_its_token(tmp_path: Path) -> None:
    (tmp_path / "x").write_text(TOKEN)
    assert TOKEN not in repr(token_scan.found_in(str(tmp_path / "x"), acme_like()))


TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), min_size=1, max_size=12)


@pytest.mark.parametrize("shell", [pytest.param(name, marks=pytest.mark.peer(name)) for name in ("bash", "zsh")])
def test_a_quoted_text_is_itself_in_a_shell_and_can_be_shown(shell: str) -> None:
    @given(st.lists(TEXTS, min_size=20, max_size=20))
    def check(texts: list[str]) -> None:
        words = [commands.quoted(text) for text in texts]
        assert all(map(is_printable, words))
        done = subprocess.run(
            [peers.executable(shell), "-c", f"printf '%s\\0' {' '.join(words)}"],
            capture_output=True,
            check=True,
            env={"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        )
        assert done.stdout.decode().split("\0")[:-1] == texts

    check()
