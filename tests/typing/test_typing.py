"""The public types under mypy and pyright: correct code passes, and wrong code fails."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

DECLARATIONS = Path(__file__).parent / "decorators.py"
ROOT = DECLARATIONS.parents[2]
EXAMPLES = [ROOT / "examples" / name / name for name in ("tides", "weather")]

WRONG = [
    ("with_settings(3)", "arg-type", "reportArgumentType"),
    ("with_settings(settings, 'Oslo')", "arg-type", "reportArgumentType"),
    ("app.add_commands({})", "arg-type", "reportArgumentType"),
    ("CustomLayer('ssm', parameter, below='deerror')", "arg-type", "reportArgumentType"),
    ("app.settings_options(int)", "arg-type", "reportArgumentType"),
    ("app.settings_reference('html')", "arg-type", "reportArgumentType"),
]


def pyright(path: Path) -> list[dict[str, Any]]:
    """Return the errors of pyright in strict mode."""
    config = path.parent / "pyrightconfig.json"
    wanted = {"typeCheckingMode": "strict", "extraPaths": [str(ROOT), *map(str, [e.parent for e in EXAMPLES])]}
    config.write_text(json.dumps({**wanted, "include": [str(path)]}))
    done = subprocess.run(
        [sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(config)],
        capture_output=True,
        text=True,
        check=False,
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)["generalDiagnostics"]
    return [error for error in found if error["severity"] == "error"]


def mypy(path: Path) -> str:
    command = ["--strict", "--no-error-summary", "--config-file", str(ROOT / "pyproject.toml"), str(path)]
    return subprocess.run(
        [sys.executable, "-m", "mypy", *command], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout


@pytest.mark.slow
def test_both_checkers_accept_right_use_and_reject_wrong_use(tmp_path: Path) -> None:
    right = DECLARATIONS.read_text("utf-8").rstrip("\n").split("\n")
    path = tmp_path / "wrong.py"
    path.write_text("\n".join([*right, *(use for use, _, _ in WRONG), ""]), "utf-8")
    by_mypy = re.findall(r"wrong\.py:(\d+): error: .*\[([a-z-]+)\]", mypy(path))
    by_pyright = [(str(int(error["range"]["start"]["line"]) + 1), error["rule"]) for error in pyright(path)]
    for at, (use, mypy_code, pyright_rule) in enumerate(WRONG, len(right) + 1):
        assert (str(at), mypy_code) in by_mypy, use
        assert (str(at), pyright_rule) in by_pyright, use
    assert {int(line) for line, _ in [*by_mypy, *by_pyright]} == set(range(len(right) + 1, len(right) + 1 + len(WRONG)))
