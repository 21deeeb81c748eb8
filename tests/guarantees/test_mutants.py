"""Remove one safeguard from a copy of the package at a time, and see that a test catches it.

The guard, a test of the guarantee, runs on the copy in a process of its own, and must fail there at the expected
assertion. The test run itself shows that it passes on the unchanged package.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.guarantees import numbers
from tests.guarantees.areas import MUTANTS

if TYPE_CHECKING:
    from tests.guarantees.guarantee import Mutant

ROOT = Path(__file__).parents[2]
TRIED = numbers.part_of(MUTANTS, 25)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package and its tests."""
    ignored = shutil.ignore_patterns("__pycache__", "corpus")
    for name in ("arka_config", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("mutant", TRIED, ids=lambda mutant: mutant.name)
def test_a_build_without_a_safeguard_is_caught(copy: Path, mutant: Mutant) -> None:
    file = copy / "arka_config" / mutant.file
    text = file.read_text("utf-8")
    assert text.count(mutant.old) == 1, "the safeguard's code has changed: change the mutant too"
    file.write_text(text.replace(mutant.old, mutant.new), "utf-8")
    options = ["-x", "-vv", "-p", "no:cacheprovider", "--color=no"]
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "HYPOTHESIS_PROFILE": "dev", "GUARANTEES_NUMBERS": ""}
    environ |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "GUARANTEES": "cases"}  # loading them takes a second
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, mutant.guard],
        cwd=copy,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    failed = re.search(r"^FAILED (\S+)", done.stdout, re.MULTILINE)
    assert failed is not None, done.stdout
    assert failed[1].startswith(mutant.guard.partition("[")[0])
    errors = "\n".join(re.findall(r"^E .*", done.stdout, re.MULTILINE))
    assert re.search(mutant.output, errors), errors
    numbers.record("mutants", mutant.name, "1")
