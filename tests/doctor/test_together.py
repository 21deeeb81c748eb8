"""Illnesses together: none hides another, and no token is shown whatever they are."""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.program import OTHER, TOKEN
from tests.doctor.illnesses import ILLNESSES
from tests.doctor.test_healthy import everything
from tests.doctor.ward import Ward, healthy

# Those that change what others are about: no token left, another home, a choice that cannot be read, a vault.
APART = {
    "a file in a folder s place",
    "sealing that is wanted and off",
    "a data key that is gone",
    "a variable that hides the profiles",
    "an xdg folder that hides the tokens",
    "an active profile that is gone",
    "a broken choice",
    "a relative folder",
    "many readable tokens",
    "broken pins",
    "newer pins",
    "a url of another origin",  # beside a token in the environment, it is that one's
    "a url that is none",  # which token is in force cannot be told before it is mended
}
TOGETHER = sorted(ILLNESSES.keys() - APART)
# These are made with the program itself, which refuses to run after another one has broken its preferences or vault.
MADE_BY_ARKA = {"an expired token", "an interrupted apply"}


def in_order(names: list[str]) -> list[str]:
    """The order to make them in: those made by arka first, those that the next writer sweeps away last."""
    return sorted(names, key=lambda name: (name not in MADE_BY_ARKA, ILLNESSES[name].check in ("leftovers", "lock")))


@functools.cache
def touched(name: str) -> frozenset[str]:
    """What an illness changes: files, as far as their name's first dot, and variables."""
    with tempfile.TemporaryDirectory() as folder:
        ward = healthy(Ward(Path(folder)))
        before = everything(ward.home)
        variables = ILLNESSES[name].make(ward) or {}
        after = everything(ward.home)
        changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
        files = {Path(path).name.split(".")[0] or Path(path).name for path in changed if not Path(path).is_dir()}
        folders = {path for path in changed if before.get(path, (0,))[0] != after.get(path, (0,))[0]}
        return frozenset({*files, *variables, *(path.removeprefix(folder) for path in folders)} - {"lock"})


def are_apart(names: list[str]) -> bool:
    """Whether no two of them are about one thing."""
    return all(not touched(one) & touched(other) for at, one in enumerate(names) for other in names[:at])


# To know what an illness touches, a home is made for it, which takes long on a machine that is busy.
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(st.lists(st.sampled_from(TOGETHER), unique=True, min_size=2, max_size=6).filter(are_apart))
def test_all_that_is_wrong_is_found_at_once(names: list[str]) -> None:
    home, before = Path(tempfile.mkdtemp()), Path.cwd()
    os.chdir(home)
    try:
        ward = healthy(Ward(home))
        environ = {key: value for name in in_order(names) for key, value in (ILLNESSES[name].make(ward) or {}).items()}
        done = ward.doctor("--json", **environ)
        found = {(each["check"], each["place"].replace(str(home), "~")) for each in done.json["problems"]}
        wanted = {(ILLNESSES[name].check, ILLNESSES[name].place) for name in names}
        assert wanted <= found, names
        for shown in (done, ward.doctor(**environ), ward.doctor(**environ, FORCE_COLOR="1")):
            assert TOKEN not in shown.out + shown.err
            assert OTHER not in shown.out + shown.err
            assert "Traceback" not in shown.err
    finally:
        os.chdir(before)
        shutil.rmtree(home)
