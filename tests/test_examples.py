"""The examples' own tests run in this checkout. `.ci/run` runs them again on wheels in a separate environment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
PACKAGES = sorted(path.parent for path in EXAMPLES.glob("*/pyproject.toml"))


def test_examples_are_for_click_for_typer_and_for_another_api() -> None:
    assert [path.name for path in PACKAGES] == ["octo", "tides", "weather"]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_example_passes_its_tests(package: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis"],
        cwd=package,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
