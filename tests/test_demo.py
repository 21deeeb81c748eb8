"""`make demo` runs the main workflow from end to end."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import no_network, peers

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Run the demo once, and return its output on both streams."""
    environ = {
        "PATH": os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]),
        "TMPDIR": str(tmp_path_factory.mktemp("demo")),
        "ARKA_PEERS": str(peers.FOLDER),
        "ARKA_PROFILE": "of-the-caller",
        "LANG": "C.UTF-8",
        **no_network.VARIABLES,
    }
    done = subprocess.run(
        ["bash", "examples/demo.sh"],
        check=False,
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    assert os.listdir(environ["TMPDIR"]) == []
    return done.stdout


@pytest.mark.parametrize(
    "line",
    [
        r"CI/CD Pipeline   arka_….{4}",
        r"✓ Stored arka_….{4} under profile 'laptop', for http://127.0.0.1:\d+ \(verified, as you@example.com\)",
        r"   ci       arka_….{4}  in 90 days  CI/CD Pipeline  you@example.com  http://127.0.0.1:\d+",
        r"●  laptop   arka_….{4}  in 90 days  MacBook Pro     you@example.com  http://127.0.0.1:\d+",
        r"laptop   valid  you@example.com",
        r"✓ Profile 'ci' is active",
        r"token     arka_….{4} +profile  ~/.local/share/arka/tokens/ci.json",
        r"verified  yes \(as you@example.com\)",
        r"token     arka_…e9e9 +env      ARKA_API_KEY",
        r"note: using the token in ARKA_API_KEY; that of profile 'ci' is not used",
        r"timeout       5 +env      ARKA_TIMEOUT",
        r"  overridden  120 +profile  ~/.config/arka/profiles/ci.toml: settings.timeout",
        r"profile   laptop +flag     --profile",
        r"note: using the token of profile 'laptop'; ARKA_API_KEY in the environment is not used",
        r"the child is laptop, with 42 characters for http://127.0.0.1:\d+",
        r"✓ Sealing is on; sealed 2 tokens",
        r"storage   sealed",
        r"✓ Replaced arka_….{4} of profile 'laptop' with arka_….{4}, and revoked the old one",
        r"✓ Wrote ~/.config/arka-code-nodejs/config.json, key 'token'",
        r"✓ Revoked the token of profile 'ci' at http://127.0.0.1:\d+, and forgot it",
        r"✓ Removed profile 'ci'",
        r"error: Invalid token",
        r"✓ Forgot the token of profile 'laptop'",
        r"exit code 4",
    ],
)
def test_demo_prints_each_expected_line(line: str, output: str) -> None:
    assert any(re.fullmatch(line, each) for each in output.splitlines())


@pytest.mark.peer("conf-16")
def test_conf_reads_the_exported_token(output: str) -> None:
    _, _, read_back = output.partition("$ node ")
    assert read_back.splitlines()[1] == "42 characters"


def test_demo_output_has_no_colour_and_no_token(output: str) -> None:
    assert "\x1b" not in output
    assert re.search("arka_[0-9A-Za-z]{30}", output) is None
