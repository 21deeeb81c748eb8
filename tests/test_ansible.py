"""examples/ansible: the playbook that applies templates to a fleet, run by Ansible on this machine.

A run of Ansible takes seconds, so the fixture makes a few for all tests. Each host is this machine with another
ARKA_HOME, and what differs between them comes from the inventory.
"""

from __future__ import annotations

import fcntl
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from arka_config import open_store
from arka_config.arka import app
from tests.cli.program import TOKEN, arka
from tests.guarantees import numbers
from tests.peers import executable, missing

PLAYBOOK = Path(__file__).parents[1] / "examples" / "ansible" / "profiles.yml"
CI = 'version = 1\n[profile]\nname = "ci"\n[token]\nenv = "ARKA_CI_TOKEN"\ncopy = true\n'
OLD = 'version = 1\n[profile]\nname = "old"\n[settings]\ntimeout = 5\n'

# Looks for the token in the command line of every process, then runs the real program.
WATCHER = """#!{python}
import glob, os, sys
token = open("{token}").read()
for path in glob.glob("/proc/[0-9]*/cmdline"):
    try:
        line = open(path, errors="replace").read()
    except OSError:
        continue
    if token in line:
        open("{seen}", "a").write(line + "\\n")
os.environ["PYTHONPATH"] = "{root}"
os.execv("{python}", ["{python}", "-m", "arka_config", *sys.argv[1:]])
"""

pytestmark = [pytest.mark.peer("ansible-playbook"), pytest.mark.slow, pytest.mark.longest]


class Run(NamedTuple):
    """One run of the playbook: its output, and the content of each host's home after it."""

    output: str
    files: dict[str, dict[str, bytes]]

    def recap(self, host: str) -> dict[str, int]:
        """Return the counts that Ansible prints for a host at the end: `changed`, `failed`."""
        line = re.search(rf"^{host} +: (.*)$", self.output, re.MULTILINE)
        assert line is not None, self.output
        return {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", line[1])}


class Fleet:
    """Hosts with their templates and homes below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen = folder / "seen"
        self.hosts: dict[str, dict[str, object]] = {}
        (folder / "token").write_text(TOKEN)
        self.program = folder / "watcher"
        values = {"python": sys.executable, "token": folder / "token", "seen": self.seen, "root": PLAYBOOK.parents[2]}
        self.program.write_text(WATCHER.format(**values))
        self.program.chmod(0o700)

    def add(self, host: str, templates: dict[str, str], *options: str, with_token: bool = True) -> None:
        """Add a host with its templates."""
        folder = self.folder / host
        (folder / "templates").mkdir(parents=True)
        (folder / "home").mkdir()
        for name, text in templates.items():
            (folder / "templates" / name).write_text(text)
        token = {"ARKA_CI_TOKEN": TOKEN} if with_token else {}
        self.hosts[host] = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "arka": str(self.program),
            "arka_templates": str(folder / "templates"),
            "arka_folder": str(folder / "home" / "copied"),
            "arka_environment": {"ARKA_HOME": str(folder / "home" / "arka"), **token},
            "arka_options": list(options),
        }

    def play(self, *options: str) -> Run:
        """Run the playbook."""
        inventory = self.folder / "inventory.json"
        inventory.write_text(json.dumps({"all": {"hosts": self.hosts}}))
        temporary = str(self.folder / "ansible")
        environ = {**os.environ, "ANSIBLE_LOCAL_TEMP": temporary, "ANSIBLE_REMOTE_TEMP": temporary}
        environ |= {"ANSIBLE_NOCOLOR": "1", "LC_ALL": "C.UTF-8", "TMPDIR": str(self.folder)}
        done = subprocess.run(
            [executable("ansible-playbook"), "-i", str(inventory), str(PLAYBOOK), *options],
            env=environ,
            cwd=self.folder,
            check=False,
            capture_output=True,
            encoding="utf-8",
            timeout=300,
        )
        return Run(done.stdout + done.stderr, {host: self.files(host) for host in self.hosts})

    def files(self, host: str) -> dict[str, bytes]:
        """Return the files of a host's home by path, and its folders."""
        home = self.folder / host / "home"
        return {str(path): path.read_bytes() if path.is_file() else b"" for path in sorted(home.rglob("*"))}

    def names(self, host: str) -> list[str]:
        """Return the profiles of a host."""
        return open_store(app, {"ARKA_HOME": str(self.folder / host / "home" / "arka")}).names()


class Runs(NamedTuple):
    """The runs, in order. In a bounded test run, the first check has one host, and there is no last one."""

    fleet: Fleet
    before: dict[str, dict[str, bytes]]
    check: Run
    first: Run
    second: Run
    last_check: Run


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Every run, each with another verbosity. The processes of one test session share them."""
    if reason := missing("ansible-playbook"):
        pytest.skip(reason)
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    with (folder / "fleet.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        saved = folder / "fleet.pickle"
        if not saved.exists():
            saved.write_bytes(pickle.dumps(run_all(folder / "fleet")))
        result: Runs = pickle.loads(saved.read_bytes())
        return result


def run_all(folder: Path) -> Runs:
    folder.mkdir()
    fleet = Fleet(folder)
    fleet.add("good", {"ci.toml": CI, "old.toml": OLD}, "--require-tokens")
    fleet.add("pruned", {"ci.toml": CI, "old.toml": OLD})
    fleet.add("invalid", {"ci.toml": CI.replace("env", "evn")})
    fleet.add("tokenless", {"ci.toml": CI}, "--require-tokens", with_token=False)
    fleet.add("elsewhere", {"ci.toml": CI.replace("[token]", 'api_url = "https://arka.example"\n[token]')})
    copied, home = folder / "pruned" / "home" / "copied", folder / "pruned" / "home" / "arka"
    shutil.copytree(folder / "pruned" / "templates", copied)
    copied.chmod(0o700)
    for path in copied.iterdir():
        path.chmod(0o600)
    done = arka("apply", str(copied), "--yes", environ={"ARKA_HOME": str(home), "ARKA_CI_TOKEN": TOKEN})
    assert done.code == 0, done.err
    (folder / "pruned" / "templates" / "old.toml").unlink()
    before = {host: fleet.files(host) for host in fleet.hosts}
    check = fleet.play("--check", "-v", "--limit", "good" if numbers.BOUNDED else "good,pruned,invalid")
    first, second = fleet.play("-vvvv"), fleet.play("-vvv", "--limit", "good")
    last_check = second if numbers.BOUNDED else fleet.play("--check", "-vv", "--limit", "good")
    return Runs(fleet, before, check, first, second, last_check)


def test_a_first_run_creates_the_profiles_with_their_tokens(runs: Runs) -> None:
    recap = runs.first.recap("good")
    assert (recap["failed"], recap["changed"]) == (0, 3), "the folder, the templates and the profiles"
    assert "+ old  ./old.toml" in runs.first.output
    store = open_store(app, {"ARKA_HOME": str(runs.fleet.folder / "good" / "home" / "arka")})
    assert store.credential("ci").token.reveal() == TOKEN


def test_a_second_run_changes_nothing(runs: Runs) -> None:
    assert runs.second.recap("good")["changed"] == 0
    assert runs.second.files["good"] == runs.first.files["good"]


@pytest.mark.parametrize("run", ["check", "first", "second", "last_check"])
def test_no_verbosity_prints_the_token(runs: Runs, run: str) -> None:
    output = getattr(runs, run).output
    assert TOKEN not in output
    assert "PLAY RECAP" in output


def test_no_process_has_the_token_in_its_command_line(runs: Runs) -> None:
    assert (runs.fleet.folder / "token").read_text() == TOKEN
    assert not runs.fleet.seen.exists(), runs.fleet.seen.read_text()


def test_check_changes_nothing_on_the_host(runs: Runs) -> None:
    assert runs.check.files == runs.before
    assert runs.last_check.files["good"] == runs.second.files["good"]
    assert list(runs.fleet.folder.glob("ansible.*")) == [], "the temporary folders are removed"


def test_check_reports_what_an_apply_would_change(runs: Runs) -> None:
    assert runs.check.recap("good")["changed"] == 3, "the folder, the templates and the profiles"
    assert "+ old  ./old.toml" in runs.check.output
    if not numbers.BOUNDED:
        assert runs.check.recap("pruned")["changed"] == 1, "the template that is gone"
    assert runs.last_check.recap("good")["changed"] == 0


def test_a_removed_template_removes_its_profile(runs: Runs) -> None:
    assert runs.first.recap("pruned")["changed"] == 2, "the copy and the profile"
    assert runs.fleet.names("pruned") == ["ci"]


def test_a_host_without_its_token_fails_with_require_tokens(runs: Runs) -> None:
    assert runs.first.recap("tokenless")["failed"] == 1
    assert "profile 'ci' needs a token: $ARKA_CI_TOKEN is not set" in runs.first.output


@pytest.mark.parametrize("run", numbers.part_of(["first", "check"], 2))
def test_an_invalid_template_fails_the_plan_with_its_line(runs: Runs, run: str) -> None:
    done: Run = getattr(runs, run)
    assert done.recap("invalid")["failed"] == 1
    assert "./ci.toml:5:1: unknown key 'token.evn'; did you mean 'env'?" in done.output


def test_an_origin_without_approval_is_reported_as_a_sentence(runs: Runs) -> None:
    assert runs.first.recap("elsewhere")["failed"] == 1
    assert "error: tokens are sent to https://arka.example, which you have not used before" in runs.first.output
    assert "hint: --allow-origin https://arka.example" in runs.first.output
    assert "Expecting value" not in runs.first.output
    assert runs.fleet.names("elsewhere") == []
