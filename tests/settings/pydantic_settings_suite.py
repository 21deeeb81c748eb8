"""pydantic-settings' own tests, run with a ProfileSettings in place of `BaseSettings`.

The tests are from the source archive of the installed version. `make peers` downloads it, and the packages that they
need for the stores of cloud providers and for the examples of their documentation. Those that fail are in
`pydantic_settings_differences.toml`, each below the difference that it fails for. `python -m
tests.settings.pydantic_settings_suite` writes that file again and prints the failures that no difference explains.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from tests import peers

if TYPE_CHECKING:
    from collections.abc import Sequence

DIFFERENCES = Path(__file__).with_name("pydantic_settings_differences.toml")
FILES = (
    "test_docs.py",  # the examples of their documentation
    "test_precedence_and_merging.py",
    "test_settings.py",
    "test_source_aws_secrets_manager.py",
    "test_source_aws_systems_manager.py",
    "test_source_azure_key_vault.py",
    "test_source_cli.py",
    "test_source_gcp_secret_manager.py",
    "test_source_json.py",
    "test_source_nested_secrets.py",
    "test_source_pyproject_toml.py",
    "test_source_toml.py",
    "test_source_yaml.py",
    "test_utils.py",
)
PLUGINS = ("pydantic_settings_adapter", "pytest_examples", "pytest_mock")


class Difference(NamedTuple):
    """A difference that a table in the documentation names by `row`, and the tests that fail with `error` for it.

    If a test has no `[…]`, it means all of its parameters.
    """

    row: str
    error: str
    tests: frozenset[str]


def read_differences() -> dict[str, Difference]:
    """Read the differences by name."""
    document = tomllib.loads(DIFFERENCES.read_text("utf-8"))
    return {
        name: Difference(table["row"], table["error"], frozenset(table["tests"])) for name, table in document.items()
    }


def run(files: Sequence[str] = FILES) -> dict[str, str]:
    """Run the tests in one process, and return what each failed with, by its id; an empty text if it passed."""
    folder = peers.pydantic_settings_source()
    with TemporaryDirectory() as scratch:
        outcomes = Path(scratch, "outcomes.json")
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": scratch,
            "PYTHONPATH": str(Path(__file__).parent),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONSAFEPATH": "1",  # the installed package, not the one next to the tests
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # pytest would rewrite the packages of plugins that are not used
            "ADAPTER_OUTCOMES": str(outcomes),
            "ADAPTER_PACKAGES": str(peers.pydantic_settings_packages()),
        }
        options = ["-q", "--tb=no", "--no-header", "-W", "ignore", "-p", "no:cacheprovider"]
        command = [
            sys.executable,
            "-m",
            "pytest",
            *options,
            *(word for plugin in PLUGINS for word in ("-p", plugin)),
            "--rootdir",
            str(folder),
        ]
        done = subprocess.run(
            [*command, "-c", str(folder / "pyproject.toml"), *(f"tests/{name}" for name in files)],
            cwd=folder,
            env=environ,
            check=False,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert outcomes.is_file(), done.stdout + done.stderr
        found: dict[str, str] = json.loads(outcomes.read_text())
    return {test.removeprefix("tests/"): error for test, error in found.items()}


def explain(differences: dict[str, Difference], error: str) -> str:
    """Return the name of the difference that an error is about; empty if there is none."""
    return next((name for name, each in differences.items() if re.search(each.error, error)), "")


def expand_differences(differences: dict[str, Difference], outcomes: dict[str, str]) -> dict[str, str]:
    """Return the difference that each test is listed for, with a test for each parameter."""
    variants = _with_parameters(outcomes)
    found: dict[str, str] = {}
    for name, each in differences.items():
        for test in each.tests:
            found |= dict.fromkeys(variants.get(test, [test]), name)
    return found


def _with_parameters(outcomes: dict[str, str]) -> dict[str, list[str]]:
    tests = defaultdict(list)
    for test in outcomes:
        tests[test.partition("[")[0]].append(test)
    return tests


def _write(differences: dict[str, Difference], outcomes: dict[str, str]) -> None:
    names = {test: explain(differences, error) if error else None for test, error in outcomes.items()}
    tests: defaultdict[str | None, set[str]] = defaultdict(set)
    for function, variants in _with_parameters(outcomes).items():
        is_one = len({names[test] for test in variants}) == 1
        for test in variants:
            tests[names[test]].add(function if is_one and names[test] else test)
    lines = [
        "# Tests of pydantic-settings that fail with a ProfileSettings, by the documented difference they fail for."
    ]
    for name, each in differences.items():
        lines += [
            "",
            f"[{name}]",
            f"row = {json.dumps(each.row, ensure_ascii=False)}",
            f"error = {json.dumps(each.error)}",
            "tests = [",
        ]
        lines += [*(f"    {json.dumps(test)}," for test in sorted(tests[name])), "]"]
    DIFFERENCES.write_text("\n".join(lines) + "\n", "utf-8")
    for test in tests[""]:
        sys.stdout.write(f"{test}: {outcomes[test]}\n")


if __name__ == "__main__":
    _write(read_differences(), run())
