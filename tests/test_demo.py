"""`make demo` shows the main job from end to end, and fails where it did not happen."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import no_network, peers

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the demo prints, on both streams; it is run once."""
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
        "✓ Stored arka_…f4d1 under profile 'laptop', for https://arka-ai.com (unverified)",
        "   ci       arka_…c1c1  in 90 days  CI/CD Pipeline",
        "●  laptop   arka_…f4d1  —           MacBook Pro",
        "✓ Profile 'ci' is active",
        "token     arka_…c1c1               profile  ~/.local/share/arka/tokens/ci.json",
        "token     arka_…e9e9            env      ARKA_API_KEY",
        "note: using the token in ARKA_API_KEY; that of profile 'ci' is not used",
        "timeout       5                    env      ARKA_TIMEOUT",
        "  overridden  120                  profile  ~/.config/arka/profiles/ci.toml: settings.timeout",
        "profile   laptop                flag     --profile",
        "note: using the token of profile 'laptop'; ARKA_API_KEY in the environment is not used",
        "the child is laptop, with arka_…f4d1",
        "✓ Wrote ~/.config/arka-code-nodejs/config.json, key 'token'",
        "✓ Forgot the token of profile 'ci'",
        "exit code 4",
    ],
)
def test_the_demo_shows(line: str, shown: str) -> None:
    assert line in shown.splitlines()


@pytest.mark.peer("conf-16")
def test_the_demo_has_conf_read_the_token_back(shown: str) -> None:
    _, _, read_back = shown.partition("$ node ")
    assert read_back.splitlines()[1] == "arka_…c1c1"


def test_the_demo_is_plain_in_a_pipe_and_shows_no_token(shown: str) -> None:
    assert "\x1b" not in shown
    assert "arka_0" not in shown
