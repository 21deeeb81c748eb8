"""`exec`: the command gets the token but no other secret, and replaces this process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import OTHER, TOKEN, arka

ARKA = str(Path(sys.executable).with_name("arka"))
SHOW = "import json, os; print(json.dumps(dict(os.environ)))"


def run_exec(*command: str, home: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the real program, which replaces itself by the command."""
    variables = {"PATH": os.environ["PATH"], "ARKA_HOME": str(home), "HOME": str(home.parent), **environ}
    return subprocess.run(
        [ARKA, "exec", *command], env=variables, cwd=home, capture_output=True, encoding="utf-8", check=False
    )


def test_exec_passes_token_url_and_profile(two_profiles: Path) -> None:
    done = run_exec("-p", "ci", "--", sys.executable, "-c", SHOW, home=two_profiles, OTHER="kept")
    environ = json.loads(done.stdout)
    assert (environ["ARKA_API_KEY"], environ["ARKA_API_URL"], environ["ARKA_PROFILE"], environ["OTHER"]) == (
        OTHER,
        "https://arka-ai.com",
        "ci",
        "kept",
    )


def test_exec_passes_no_other_secret(two_profiles: Path) -> None:
    ours = {f"ARKA_{name}": "s" for name in ("PASSPHRASE", "PASSPHRASE_FILE", "PASSPHRASE_COMMAND", "SESSION")}
    done = run_exec("--", sys.executable, "-c", SHOW, home=two_profiles, **ours)
    assert not ours.keys() & json.loads(done.stdout).keys()


def test_exec_passes_an_exported_token_with_its_own_url(two_profiles: Path) -> None:
    done = run_exec("--", sys.executable, "-c", SHOW, home=two_profiles, ARKA_API_KEY=OTHER)
    environ = json.loads(done.stdout)
    assert (environ["ARKA_API_KEY"], environ["ARKA_API_URL"]) == (OTHER, "https://arka-ai.com")
    assert "note: using the token in ARKA_API_KEY; that of profile 'work' is not used" in done.stderr


def test_exec_passes_arguments_and_returns_the_exit_code(two_profiles: Path) -> None:
    done = run_exec("--", "sh", "-c", 'printf "<%s>" "$@"; exit 7', "sh", "a b", "--json", "-p", "", home=two_profiles)
    assert (done.returncode, done.stdout) == (7, "<a b><--json><-p><>")


def test_exec_works_without_double_dash(two_profiles: Path) -> None:
    assert run_exec("printenv", "ARKA_API_KEY", home=two_profiles).stdout == TOKEN + "\n"


def test_exec_child_dies_of_a_signal(two_profiles: Path) -> None:
    assert run_exec("--", "sh", "-c", "kill -TERM $$", home=two_profiles).returncode == -signal.SIGTERM


def test_exec_child_ends_on_a_closed_pipe(two_profiles: Path) -> None:
    """Python ignores SIGPIPE. If the child inherited that, it would not stop."""
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{ARKA} exec -- yes | head -1"],
        env={"PATH": os.environ["PATH"], "ARKA_HOME": str(two_profiles)},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stdout, done.stderr) == (128 + signal.SIGPIPE, "y\n", "")


@pytest.mark.parametrize("path", ["", ".", "sub:."])
def test_exec_does_not_search_the_working_directory(two_profiles: Path, path: str) -> None:
    for folder in (two_profiles, two_profiles / "sub"):
        folder.mkdir(exist_ok=True)
        (folder / "tool").write_text("#!/bin/sh\necho hijacked\n")
        (folder / "tool").chmod(0o755)
    done = run_exec("--", "tool", home=two_profiles, PATH=f"{path}:{os.environ['PATH']}")
    assert (done.returncode, done.stdout) == (127, "")


def test_exec_returns_126_for_a_file_that_cannot_be_run(two_profiles: Path) -> None:
    (two_profiles / "data.txt").write_text("no program")
    done = run_exec("--", "./data.txt", home=two_profiles)
    assert done.returncode == 126
    assert "permission denied" in done.stderr


def test_exec_skips_relative_entries_of_path(two_profiles: Path) -> None:
    (two_profiles / "bin").mkdir()
    for folder, said in ((two_profiles, "hijacked"), (two_profiles / "bin", "right")):
        (folder / "tool").write_text(f"#!/bin/sh\necho {said}\n")
        (folder / "tool").chmod(0o755)
    assert run_exec("--", "tool", home=two_profiles, PATH=f".::{two_profiles / 'bin'}").stdout == "right\n"
    assert run_exec("--", "./tool", home=two_profiles).stdout == "hijacked\n", "where it is named as a path"


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("/", 126, "permission denied"),
        ("./none", 127, "no such file or directory"),
        ("/etc/passwd/none", 127, "not a directory"),
        ("./script", 126, "exec format error"),
        ("./lost", 127, "no such file or directory"),
    ],
)
def test_exec_failures_have_the_exit_codes_of_a_shell(two_profiles: Path, command: str, code: int, said: str) -> None:
    (two_profiles / "script").write_text("echo no interpreter\n")
    (two_profiles / "lost").write_text("#!/no/such/interpreter\n")
    for name in ("script", "lost"):
        (two_profiles / name).chmod(0o755)
    done = run_exec("--", command, home=two_profiles)
    assert (done.returncode, done.stdout, said in done.stderr) == (code, "", True), done.stderr


@pytest.mark.parametrize("command", ["./none", "no-such-program"])
def test_exec_restores_signal_handlers_if_the_command_cannot_be_run(two_profiles: Path, command: str) -> None:
    ignored = (signal.SIGPIPE, signal.SIGXFSZ)
    before = [signal.getsignal(number) for number in ignored]
    assert arka("exec", "--", command).code == 127
    assert [signal.getsignal(number) for number in ignored] == before == [signal.SIG_IGN] * 2


def test_exec_runs_nothing_without_a_token(two_profiles: Path) -> None:
    empty = two_profiles / "empty"
    empty.mkdir()
    done = run_exec("--", "touch", "ran", home=empty)
    assert (done.returncode, list(empty.iterdir())) == (4, [])


def test_exec_passes_a_token_flag_in_the_environment_and_never_in_argv(two_profiles: Path) -> None:
    script = "tr '\\0' ' ' </proc/$$/cmdline; printf '%s %s %s' \"$*\" $ARKA_API_KEY $ARKA_API_URL"
    words = ["--token", OTHER, "--api-url", "https://eu.arka-ai.com", "--", "sh", "-c", script, "sh", "--token", "x"]
    done = run_exec(*words, home=two_profiles)
    assert (done.returncode, done.stderr) == (0, "")
    argv, _, shown = done.stdout.rpartition(" sh --token x ")
    assert OTHER not in argv
    assert shown == f"--token x {OTHER} https://eu.arka-ai.com"


def test_exec_without_a_command_is_a_usage_error(two_profiles: Path) -> None:
    done = run_exec(home=two_profiles)
    assert (done.returncode, "missing argument" in done.stderr) == (2, True)


def test_exec_refuses_a_token_for_another_origin(two_profiles: Path) -> None:
    done = run_exec("--", "touch", "ran", home=two_profiles, ARKA_API_URL="https://elsewhere.example")
    assert (done.returncode, "a token is never sent to another origin" in done.stderr) == (1, True)
    assert not (two_profiles / "ran").exists()


def test_exec_passes_arguments_that_are_not_valid_unicode(two_profiles: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "ARKA_HOME": str(two_profiles)}
    done = subprocess.run(
        [ARKA, "exec", "--", "printf", "%s", b"\xff\n", "--profile"], env=environ, capture_output=True, check=False
    )
    assert done.stdout == b"\xff\n--profile"


def test_exec_child_reads_stdin(two_profiles: Path) -> None:
    done = subprocess.run(
        [ARKA, "exec", "--", "cat"],
        input="typed",
        env={"PATH": os.environ["PATH"], "ARKA_HOME": str(two_profiles)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.stdout, done.stderr) == ("typed", "")


def test_exec_child_replaces_the_process_and_gets_its_signals(two_profiles: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "ARKA_HOME": str(two_profiles)}
    script = "trap 'echo caught; exit 9' TERM; echo $$; while :; do sleep 0.02; done"
    with subprocess.Popen(
        [ARKA, "exec", "--", "sh", "-c", script], env=environ, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) == process.pid
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == "caught\n"
    assert process.returncode == 9
