"""`use`: the active profile, and directories that are pinned to a profile."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pexpect
import pytest

from tests.cli.program import OTHER, arka


def effective_profile() -> str:
    return arka("config", "get", "profile").out.strip()


@pytest.mark.usefixtures("two_profiles")
def test_use_activates_a_profile_permanently() -> None:
    assert arka("use", "ci") == (0, "", "✓ Profile 'ci' is active\n")
    assert effective_profile() == "ci"
    assert arka("use", "ci").err == "✓ Profile 'ci' is active already\n"


@pytest.mark.usefixtures("two_profiles")
def test_use_accepts_the_profile_option() -> None:
    for arguments in (["use", "-p", "ci"], ["-p", "work", "use"], ["-p", "ci", "use", "ci"]):
        assert arka(*arguments).code == 0
    assert effective_profile() == "ci"
    assert arka("-p", "ci", "use", "work").code == 2


@pytest.mark.usefixtures("two_profiles")
def test_use_json_names_the_previous_profile() -> None:
    assert arka("use", "ci", "--json").json == {"profile": "ci", "before": "work"}
    assert arka("use", "-", "--json").json == {"profile": "work", "before": "ci"}
    assert arka("use", "work", "--json").json == {"profile": "work", "before": "work"}


@pytest.mark.usefixtures("two_profiles")
def test_use_dash_switches_back_and_forth() -> None:
    assert arka("use", "-").code == 1
    assert arka("use", "ci").code == 0
    for expected in ("work", "ci", "work"):
        assert arka("use", "-").code == 0
        assert effective_profile() == expected


@pytest.mark.usefixtures("two_profiles")
def test_use_of_an_unknown_profile_changes_nothing() -> None:
    assert arka("use", "wrok") == (1, "", "error: there is no profile 'wrok'\nhint: did you mean 'work'?\n")
    assert arka("use", "Work Laptop").err.endswith("hint: try 'work-laptop'\n")
    assert effective_profile() == "work"


@pytest.mark.usefixtures("two_profiles")
def test_use_here_pins_the_directory_and_everything_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = tmp_path / "repository" / "src"
    below.mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "repository")
    done = arka("use", "ci", "--here", "--json")
    assert done.json == {"profile": "ci", "directory": str(tmp_path / "repository")}
    assert done.err == "✓ ~/repository and everything below it use profile 'ci'\n"
    monkeypatch.chdir(below)
    assert (effective_profile(), arka("token").out) == ("ci", f"{OTHER}\n")
    monkeypatch.chdir(tmp_path)
    assert effective_profile() == "work"


@pytest.mark.usefixtures("two_profiles")
def test_nearest_pin_wins_and_a_sibling_with_the_same_prefix_is_not_pinned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in ("a/b", "a-b"):
        (tmp_path / path).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a")
    assert arka("use", "ci", "--here").code == 0
    monkeypatch.chdir(tmp_path / "a" / "b")
    assert arka("use", "work", "--here").code == 0
    assert arka("use", "ci").code == 0
    assert effective_profile() == "work"
    assert arka("use", "work").code == 0
    monkeypatch.chdir(tmp_path / "a-b")
    assert effective_profile() == "work"


@pytest.mark.usefixtures("two_profiles")
def test_pin_follows_symbolic_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    monkeypatch.chdir(tmp_path / "link")
    assert arka("use", "ci", "--here", "--json").json["directory"] == str(tmp_path / "real")
    assert effective_profile() == "ci"


@pytest.mark.usefixtures("two_profiles")
def test_unpin_works_only_in_the_pinned_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    assert arka("use", "ci", "--here").code == 0
    monkeypatch.chdir(tmp_path / "sub")
    done = arka("use", "--unpin")
    assert (done.code, done.err) == (1, f"error: {tmp_path / 'sub'} itself is not pinned\nhint: arka status\n")
    monkeypatch.chdir(tmp_path)
    assert arka("use", "--unpin", "--json").json == {"profile": "ci", "directory": str(tmp_path)}
    assert effective_profile() == "work"


@pytest.mark.parametrize(
    "options", [["--unpin", "ci"], ["--unpin", "--here"], ["--unpin", "-p", "ci"], ["-", "--here"]]
)
@pytest.mark.usefixtures("two_profiles")
def test_use_rejects_conflicting_options(options: list[str]) -> None:
    assert arka("use", *options).code == 2


@pytest.mark.usefixtures("two_profiles")
def test_use_notes_what_overrides_the_active_profile() -> None:
    done = arka("use", "ci", environ={"ARKA_PROFILE": "work"})
    assert "note: ARKA_PROFILE chooses 'work' in this shell: unset ARKA_PROFILE" in done.err
    done = arka("use", "ci", environ={"ARKA_API_KEY": OTHER})
    assert "note: ARKA_API_KEY is set in this shell, and wins over the active profile's token" in done.err
    arka("use", "work", "--here")
    done = arka("use", "ci")
    assert "note: this directory is pinned to 'work': arka use --unpin in " in done.err


@pytest.mark.usefixtures("two_profiles")
def test_use_without_a_name_or_terminal_is_a_usage_error() -> None:
    for arguments in (["use"], ["use", "--no-input"], ["use", "--here"]):
        assert arka(*arguments) == (2, "", "error: which profile?\nhint: arka use NAME\n")


@pytest.mark.usefixtures("home")
def test_use_without_profiles_says_how_to_create_one() -> None:
    assert arka("use") == (1, "", "error: there are no profiles\nhint: arka login --profile NAME\n")


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        ("\r", 1, "nothing was changed"),
        ("9\r", 1, "there is no profile '9'"),
        ("wrok\r", 1, "did you mean 'work'?"),
        ("\x04", 1, "nothing was entered"),
        ("\x03", 130, "interrupted"),
    ],
)
def test_use_picker_can_be_cancelled(two_profiles: Path, answer: str, code: int, said: str) -> None:
    environ = {
        "HOME": str(two_profiles.parent),
        "ARKA_HOME": str(two_profiles),
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
    }
    program = str(Path(sys.executable).with_name("arka"))
    child = pexpect.spawn(program, ["use"], env=environ, encoding="utf-8", timeout=20)
    child.expect_exact("Which profile (number or name): ")
    assert "●  2  work" in (child.before or "")
    child.send(answer)
    child.expect(pexpect.EOF)
    child.wait()
    child.close()
    assert (child.exitstatus, said in (child.before or "")) == (code, True)
    assert effective_profile() == "work"


def test_use_picker_shows_no_number_that_is_the_name_of_another_profile(two_profiles: Path) -> None:
    """If profiles 1, 2, ci and work exist, `2` is a name, so work has another number. Each line picks its profile."""
    for name in ("2", "1"):
        assert arka("profiles", "create", name).code == 0
    lines = {answer: pick(two_profiles, answer) for answer in ("2", "1", "3", "5", "6")}
    assert lines == {"2": "2", "1": "1", "3": "1", "5": "ci", "6": "work"}


def pick(home: Path, answer: str) -> str:
    """Answer the picker, and return the profile that is active afterwards."""
    environ = {"HOME": str(home.parent), "ARKA_HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    child = pexpect.spawn(str(Path(sys.executable).with_name("arka")), ["use"], env=environ, timeout=20)
    child.expect_exact("Which profile (number or name): ")
    child.send(f"{answer}\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    return (home / "state" / "active").read_text().split()[0]


def test_use_pins_lists_the_pinned_directories(two_profiles: Path, tmp_path: Path) -> None:
    assert arka("use", "--pins") == (0, "", "No directory is pinned; pin this one with: arka use NAME --here\n")
    assert arka("use", "--pins", "--json").json == {"pins": []}
    arka("use", "ci", "--here")
    gone = two_profiles.parent / "gone"
    (two_profiles / "state" / "pins.json").write_text(
        json.dumps({"version": 1, "pins": {str(tmp_path): "ci", str(gone): "work", "/": "old"}})
    )
    done = arka("use", "--pins", "--json")
    assert done.json == {
        "pins": [
            {"directory": "/", "profile": "old"},
            {"directory": str(tmp_path), "profile": "ci"},
            {"directory": str(gone), "profile": "work"},
        ]
    }
    lines = arka("use", "--pins").out.splitlines()
    assert lines[0].split() == ["DIRECTORY", "PROFILE"]
    assert lines[1].split() == ["/", "old", "no", "such", "profile"]
    assert lines[2].split()[1:] == ["ci"]
    assert lines[3].split()[1:] == ["work", "no", "such", "directory"]


@pytest.mark.parametrize("words", ["--pins work", "--pins --here", "--pins --unpin", "--pins -p work"])
@pytest.mark.usefixtures("two_profiles")
def test_use_pins_takes_nothing_else(words: str) -> None:
    assert arka("use", *words.split()).code == 2
