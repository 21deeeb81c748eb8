"""Remove one safeguard at a time from a copy of the package, and check that a test catches it.

The guard is a test of the guarantee. It runs on the copy in a process of its own, and must fail at the expected
assertion. The test run itself shows that it passes if the package is unchanged.
"""

from __future__ import annotations

import compileall
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.guarantees import numbers, pytest_forks
from tests.guarantees.areas import MUTANTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.guarantees.guarantee import Mutant
    from tests.guarantees.pytest_forks import PytestForks

ROOT = Path(__file__).parents[2]
TRIED = numbers.part_of(MUTANTS, 40)


@pytest.fixture(scope="module")
def forks(isolation: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PytestForks]:
    """Pytest in a folder with a copy of the package and its tests, and with what Python compiled of them."""
    folder = tmp_path_factory.mktemp("copy")
    ignored = shutil.ignore_patterns("*.pyc.*", "corpus")  # other processes may compile at this moment
    for name in ("arka_config", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", folder)
    compileall.compile_dir(folder / "arka_config", quiet=2)
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "HYPOTHESIS_PROFILE": "dev", "GUARANTEES_NUMBERS": ""}
    environ |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "GUARANTEES": "cases"}  # loading them takes a second
    environ.pop("PYTEST_ADDOPTS", None)  # the caller's options are for its own run
    with pytest_forks.start(folder, environ, [mutant.guard for mutant in TRIED]) as forks:
        yield forks


@pytest.mark.slow
@pytest.mark.parametrize("mutant", TRIED, ids=lambda mutant: mutant.name)
def test_a_build_without_a_safeguard_is_caught(forks: PytestForks, mutant: Mutant) -> None:
    file = forks.folder / "arka_config" / mutant.file
    text, times = file.read_text("utf-8"), file.stat()
    assert text.count(mutant.old) == 1, "the safeguard's code has changed: change the mutant too"
    file.write_text(text.replace(mutant.old, mutant.new), "utf-8")
    try:
        failure = forks.run(mutant.guard, file, text)
    finally:
        file.write_text(text, "utf-8")
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))  # its compiled file is valid again
    assert failure is not None, "no test failed"
    assert failure.test.startswith(mutant.guard.partition("[")[0]), failure.text
    statements, errors = (re.findall(f"^{mark} .*", failure.text, re.MULTILINE) for mark in ">E")
    assert any(mutant.statement in line for line in statements), failure.text
    assert any(mutant.error in line for line in errors), failure.text
    numbers.record("mutants", mutant.name, "1")
