"""If cases are combined, no problem hides another, and no token is shown."""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
import warnings
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from arka_config.errors import ConfigWarning
from tests.cli.program import OTHER, TOKEN
from tests.doctor.all_cases import CASES
from tests.doctor.test_healthy import snapshot
from tests.doctor.user_home import UserHome, add_profiles

# Each of these changes the subject of other cases: the tokens, the home, the active profile, or the vault.
SEPARATE = {
    "a file instead of a folder",
    "a preference for sealing that is off",
    "a missing data key",
    "a damaged data key",  # the tokens cannot be compared with others
    "a data key in a newer format",
    "a deleted vault without sealed tokens",
    "a vault that is not the known one",
    "a variable that hides the profiles",
    "an xdg folder that hides the tokens",
    "a missing active profile",
    "a damaged active file",
    "a variable with a relative folder",
    "many readable tokens",
    "damaged pins",
    "pins in a newer format",
    "a variable with a url of another origin",  # if the environment has a token, it would be for that origin
    "a variable with an invalid url",  # without it, the effective token is unknown
    "a file of another owner",  # the program would refuse to create a case
    "a folder of another owner",
    "a writable state folder",
}
COMBINABLE = sorted(CASES.keys() - SEPARATE)
# The program itself creates these. If another case has damaged the preferences or the vault, it refuses to run.
CREATED_BY_ARKA = {
    "an expired token",
    "an interrupted apply",
    "a secret of another profile",
    "a secret of a profile that does not exist",
    "a secret without a setting",
}

# Without the vault's key, doctor cannot tell whose token the Node CLI's file has.
NEEDS_KEY = {"an export of another profile", "an outdated export"}


def sort_cases(names: list[str]) -> list[str]:
    """Sort cases by creation: first those that the program creates, last those that its next write would remove."""
    return sorted(names, key=lambda name: (name not in CREATED_BY_ARKA, CASES[name].check in ("leftovers", "lock")))


@functools.cache
def find_changes(name: str) -> frozenset[str]:
    """Return what a case changes: the names of files up to the first dot, folders, and variables."""
    with tempfile.TemporaryDirectory() as folder:
        user_home = add_profiles(UserHome(Path(folder)))
        before = snapshot(user_home.home)
        variables = CASES[name].create(user_home) or {}
        after = snapshot(user_home.home)
        changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
        files = {Path(path).name.split(".")[0] or Path(path).name for path in changed if not Path(path).is_dir()}
        folders = {path for path in changed if before.get(path, (0,))[0] != after.get(path, (0,))[0]}
        return frozenset({*files, *variables, *(path.removeprefix(folder) for path in folders)} - {"lock"})


def are_independent(names: list[str]) -> bool:
    """Tell whether no two cases change the same thing, and none hides another."""
    if NEEDS_KEY.intersection(names) and "a missing key file" in names:
        return False
    return all(not find_changes(one) & find_changes(other) for at, one in enumerate(names) for other in names[:at])


# `find_changes` creates a home for each case, which takes long on a busy machine.
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@example(names=["an unknown preference", "a secret of a profile that does not exist"])
@example(names=["a missing key file", "a secret of a profile that does not exist"])
@given(st.lists(st.sampled_from(COMBINABLE), unique=True, min_size=2, max_size=6).filter(are_independent))
def test_doctor_reports_every_problem_of_a_combination(names: list[str]) -> None:
    home, before = Path(tempfile.mkdtemp()), Path.cwd()
    os.chdir(home)
    try:
        user_home = add_profiles(UserHome(home))
        environ: dict[str, str] = {}
        with warnings.catch_warnings(action="ignore", category=ConfigWarning):  # for what an earlier case has broken
            for name in sort_cases(names):
                environ |= CASES[name].create(user_home) or {}
        report = user_home.doctor("--json", **environ)
        reported = {(each["check"], each["place"].replace(str(home), "~")) for each in report.json["problems"]}
        expected = {(CASES[name].check, CASES[name].place) for name in names}
        assert expected <= reported, names
        for done in (report, user_home.doctor(**environ), user_home.doctor(**environ, FORCE_COLOR="1")):
            assert TOKEN not in done.out + done.err
            assert OTHER not in done.out + done.err
            assert "Traceback" not in done.err
    finally:
        os.chdir(before)
        shutil.rmtree(home)
