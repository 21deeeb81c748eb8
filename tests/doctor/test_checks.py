"""The registry of checks, checks that crash, other apps, the OS keyring, and the search for tokens."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import keyring
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arka_config import App, Credential, Origin, Secret, open_store
from arka_config.doctor.machine import Machine
from arka_config.doctor.problem import WARNING, Problem, delete_lines_command, shell_quote
from arka_config.doctor.registry import CHECKS, GROUPS, ONLINE_CHECKS, Check, run_checks
from arka_config.doctor.token_scan import scan_file
from arka_config.errors import ConfigError
from arka_config.text import is_printable
from tests import acme, peers
from tests.cli.program import OTHER, TOKEN
from tests.doctor.all_cases import CASES
from tests.sealing.memory_keyring import MemoryKeyring

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.doctor.user_home import UserHome

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "doctor.md"
ALL_CHECKS = (*CHECKS, *ONLINE_CHECKS)


def test_docs_list_every_check_in_its_group() -> None:
    group, rows = "", []
    for line in PAGE.read_text("utf-8").splitlines():
        if line.startswith("## "):
            group = line.removeprefix("## ")
        elif line.startswith("| `") and group in GROUPS:
            rows.append((line.split("`")[1], group))
            assert len([cell for cell in line.split("|") if cell.strip()]) == 4, line
    assert rows == [(check.name, check.group) for check in ALL_CHECKS], (
        f"every check has a row in {PAGE}, in this order"
    )


def test_every_check_has_a_case() -> None:
    without_case = {check.name for check in CHECKS} - {case.check for case in CASES.values()}
    without_case -= {"keyring", "owners"}  # tested below; it has cases only if the tests run as root
    without_case -= {"templates"}  # arka has no old names: tested in tests/settings/test_renaming.py
    assert not without_case, "add a case to tests/doctor/cases_of_files.py or cases_of_tokens.py"


def test_checks_are_sorted_by_group() -> None:
    assert list(dict.fromkeys(check.group for check in ALL_CHECKS)) == list(GROUPS)
    groups = [check.group for check in ALL_CHECKS]
    assert groups == sorted(groups, key=list(GROUPS).index)


def test_failing_check_is_a_problem_and_hides_no_other(user_home: UserHome) -> None:
    def crash(machine: Machine) -> Iterator[Problem]:
        yield Problem(WARNING, "a", "before")
        raise ValueError(TOKEN)

    def raise_config_error(machine: Machine) -> list[Problem]:
        raise ConfigError(f"it contains {OTHER}")

    def raise_os_error(machine: Machine) -> list[Problem]:
        raise PermissionError(13, "Permission denied", "/there")

    after = Check("after", "Files", "", lambda machine: [Problem(WARNING, "b", "after")])
    checks = [
        Check("fails", "Files", "", crash),
        Check("refuses", "Files", "", raise_config_error),
        Check("cannot", "Files", "", raise_os_error),
    ]
    problems = run_checks(Machine(user_home.store, directory=str(user_home.home)), [*checks, after])
    assert [(each.check, each.place, each.message) for each in problems] == [
        ("fails", "a", "before"),
        ("fails", "", "the check 'fails' failed (ValueError): this is a bug in the program"),
        ("refuses", "", "it contains arka_…77d1"),
        ("cannot", "/there", "could not be checked: permission denied"),
        ("after", "b", "after"),
    ]


def test_unreadable_environment_folder_is_reported_and_hides_no_other_problem(
    user_home: UserHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_home.path(".config", "environment.d").mkdir(parents=True)
    user_home.write(user_home.path(".bashrc"), f"export ARKA_API_KEY={TOKEN}\n")
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: "environment.d" not in str(path) and access(path, mode))
    folder, token = user_home.problems()
    assert folder["message"] == "the folder cannot be opened, so its files were not checked"
    assert folder["command"].endswith(".config/environment.d")
    assert token["place"].endswith(".bashrc:1")


# Other apps


def test_problems_of_another_app_use_its_names(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "ACME_TIMEOT": "3"}
    store = open_store(acme.app, environ)
    store.log_in("work", Credential(Secret("acme_secret-token-of-theirs"), Origin.of("https://api.acme.example")))
    store.edit("work", {("settings", "verbos"): True, ("settings", "password"): "x"})
    Path(store.tokens.path("work")).chmod(0o644)
    (tmp_path / ".bash_history").write_text("acme --token acme_secret-token-of-theirs-which-is-long\n")
    problems = run_checks(Machine(store, directory=str(tmp_path)))
    assert [(each.check, each.command) for each in problems] == [
        ("modes", f"chmod 600 {store.tokens.path('work')}"),
        ("profiles", f"${{EDITOR:-vi}} {store.profiles.path('work')}"),
        ("profiles", "acme secrets set password --profile work && acme profiles unset work password"),
        ("variables", "unset ACME_TIMEOT"),
        ("history", f"sed -i 1d {tmp_path}/.bash_history"),
    ]


def test_app_without_settings_class_and_token_format_is_checked(tmp_path: Path) -> None:
    plain = App("plain")
    store = open_store(plain, {"HOME": str(tmp_path), "PLAIN_X": "3"})
    store.log_in(
        "work", Credential(Secret("anything"), Origin.of("https://plain.example"), expires="2026-01-01T00:00:00Z")
    )
    store.edit("work", {("settings", "free"): 3})
    (tmp_path / ".bash_history").write_text("plain anything\n")
    assert [each.command for each in run_checks(Machine(store, directory=str(tmp_path)))] == [
        "plain login --profile work"
    ]


# The keyring


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("", ""),
        ("locked", "is locked"),
        ("slow", "did not answer within 0.3 s"),
        ("broken", "failed (OSError)"),
        ("gone", "has no entry"),
    ],
)
def test_keyring_is_read_once_with_a_timeout(
    user_home: UserHome, memory_keyring: MemoryKeyring, fault: str, message: str
) -> None:
    for name in ("one", "two"):
        user_home.store.log_in(name, Credential(Secret(TOKEN), Origin.of("https://arka-ai.com")), storage="keyring")
    memory_keyring.fault = fault
    if fault == "gone":
        memory_keyring.entries.clear()
    memory_keyring.calls = 0
    problems = user_home.problems()
    assert [each["check"] for each in problems] == ([] if not message else ["keyring"])
    assert memory_keyring.calls == 1
    for each in problems:
        assert message in each["message"]
        assert each["command"] or each["advice"]


def test_slow_keyring_is_a_warning(
    user_home: UserHome, memory_keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_home.store.log_in("one", Credential(Secret(TOKEN), Origin.of("https://arka-ai.com")), storage="keyring")
    monkeypatch.setattr("arka_config.doctor.tokens.SLOW", 0.0)
    (problem,) = user_home.problems()
    assert (problem["check"], problem["severity"]) == ("keyring", "warning")
    assert "the OS keyring takes" in problem["message"]


def test_missing_keyring_is_an_error_if_preferred(user_home: UserHome, monkeypatch: pytest.MonkeyPatch) -> None:
    from keyring.backends.fail import Keyring

    before = keyring.get_keyring()
    user_home.write(user_home.config("config.toml"), 'storage = "keyring"\n')
    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]
    try:
        (problem,) = user_home.problems()
    finally:
        keyring.set_keyring(before)
    assert (problem["check"], problem["severity"]) == ("keyring", "error")
    assert "there is no OS keyring here" in problem["message"]


# The search for tokens, and the commands


@given(
    st.lists(
        st.sampled_from(["ls", "", "echo é", "arka_short", "\x1b[0m", f"curl {TOKEN}", f"{TOKEN}{OTHER}", f"x{TOKEN}"])
    )
)
def test_line_numbers_match_those_of_sed(lines: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "history")
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        matches = scan_file(str(path), arka_app())
        expected = [number for number, line in enumerate(lines, 1) if line.startswith(("curl", TOKEN))]
        assert [match.first for match in matches] == expected
        if matches:
            spans = [(match.first, match.last) for match in matches]
            subprocess.run(["sh", "-c", delete_lines_command(str(path), spans)], check=True)
            assert scan_file(str(path), arka_app()) == []
            assert path.read_text("utf-8").count("\n") == len(lines) - len(expected)


def arka_app() -> App:
    return App("arka", token_prefix="arka_", token_length=42)


def test_scan_does_not_block_on_a_pipe(tmp_path: Path) -> None:
    subprocess.run(["mkfifo", tmp_path / "pipe"], check=True)
    assert scan_file(str(tmp_path / "pipe"), arka_app()) == []
    assert scan_file(str(tmp_path), arka_app()) == []
    assert scan_file(str(tmp_path / "none"), arka_app()) == []


def test_repr_of_a_match_contains_no_token(tmp_path: Path) -> None:
    (tmp_path / "x").write_text(TOKEN)
    assert TOKEN not in repr(scan_file(str(tmp_path / "x"), arka_app()))


TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), min_size=1, max_size=12)


@pytest.mark.parametrize("shell", [pytest.param(name, marks=pytest.mark.peer(name)) for name in ("bash", "zsh")])
def test_quoted_text_is_unchanged_in_a_shell_and_printable(shell: str) -> None:
    @given(st.lists(TEXTS, min_size=20, max_size=20))
    def check(texts: list[str]) -> None:
        words = [shell_quote(text) for text in texts]
        assert all(map(is_printable, words))
        done = subprocess.run(
            [peers.executable(shell), "-c", f"printf '%s\\0' {' '.join(words)}"],
            capture_output=True,
            check=True,
            env={"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        )
        assert done.stdout.decode().split("\0")[:-1] == texts

    check()
