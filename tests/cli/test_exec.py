"""`exec`: the child gets the token and nothing else of ours, and takes this process's place."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import OTHER, TOKEN

ARKA = str(Path(sys.executable).with_name("arka"))
SHOW = "import json, os; print(json.dumps(dict(os.environ)))"


def child(*command: str, home: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """A run of the real program, which becomes the command."""
    variables = {"PATH": os.environ["PATH"], "ARKA_HOME": str(home), "HOME": str(home.parent), **environ}
    return subprocess.run(
        [ARKA, "exec", *command], env=variables, cwd=home, capture_output=True, encoding="utf-8", check=False
    )


def test_the_child_has_the_token_its_url_and_the_profile(two: Path) -> None:
    done = child("-p", "ci", "--", sys.executable, "-c", SHOW, home=two, OTHER="kept")
    environ = json.loads(done.stdout)
    assert (environ["ARKA_API_KEY"], environ["ARKA_API_URL"], environ["ARKA_PROFILE"], environ["OTHER"]) == (
        OTHER,
        "https://arka-ai.com",
        "ci",
        "kept",
    )


def test_the_child_has_no_other_secret_of_ours(two: Path) -> None:
    ours = {f"ARKA_{name}": "s" for name in ("PASSPHRASE", "PASSPHRASE_FILE", "PASSPHRASE_COMMAND", "SESSION")}
    done = child("--", sys.executable, "-c", SHOW, home=two, **ours)
    assert not ours.keys() & json.loads(done.stdout).keys()


def test_a_token_in_the_environment_is_handed_on_with_its_own_url(two: Path) -> None:
    done = child("--", sys.executable, "-c", SHOW, home=two, ARKA_API_KEY="arka_exported")
    environ = json.loads(done.stdout)
    assert (environ["ARKA_API_KEY"], environ["ARKA_API_URL"]) == ("arka_exported", "https://arka-ai.com")
    assert "note: using the token in ARKA_API_KEY; that of profile 'work' is not used" in done.stderr


def test_the_exit_code_and_the_arguments_are_the_child_s(two: Path) -> None:
    done = child("--", "sh", "-c", 'printf "<%s>" "$@"; exit 7', "sh", "a b", "--json", "-p", "", home=two)
    assert (done.returncode, done.stdout) == (7, "<a b><--json><-p><>")


def test_no_double_dash_is_needed(two: Path) -> None:
    assert child("printenv", "ARKA_API_KEY", home=two).stdout == TOKEN + "\n"


def test_a_signal_ends_the_child_as_it_would_have_without_us(two: Path) -> None:
    assert child("--", "sh", "-c", "kill -TERM $$", home=two).returncode == -signal.SIGTERM


def test_the_child_ends_when_its_reader_does(two: Path) -> None:
    """Python ignores SIGPIPE, and a child that inherited that would go on writing."""
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{ARKA} exec -- yes | head -1"],
        env={"PATH": os.environ["PATH"], "ARKA_HOME": str(two)},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stdout, done.stderr) == (128 + signal.SIGPIPE, "y\n", "")


@pytest.mark.parametrize("path", ["", ".", "sub:."])
def test_the_working_directory_is_not_searched(two: Path, path: str) -> None:
    for folder in (two, two / "sub"):
        folder.mkdir(exist_ok=True)
        (folder / "tool").write_text("#!/bin/sh\necho hijacked\n")
        (folder / "tool").chmod(0o755)
    done = child("--", "tool", home=two, PATH=f"{path}:{os.environ['PATH']}")
    assert (done.returncode, done.stdout) == (127, "")


def test_what_cannot_be_run_is_126(two: Path) -> None:
    (two / "data.txt").write_text("no program")
    done = child("--", "./data.txt", home=two)
    assert done.returncode == 126
    assert "permission denied" in done.stderr
