"""A real Secret Service holds a data key and, separately, a token: gnome-keyring on its own session bus."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import no_network
from tests.peers import executable

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.peer("dbus-run-session", "gnome-keyring-daemon", "secret-tool"), pytest.mark.slow]

ARKA = str(Path(sys.executable).with_name("arka"))
TOKEN = "arka_" + "w" * 33 + "9f3c"
OTHER = "arka_" + "o" * 33 + "77d1"
BACKEND = "keyring.backends.SecretService.Keyring"
PASSWORD = b"the password of the desktop"
# Keeps the bus until its stdin is closed.
HOLDER = 'echo "$DBUS_SESSION_BUS_ADDRESS"; exec cat'


class Desktop:
    """A user's home. While the user is logged in, there is a session bus and a keyring."""

    def __init__(self, home: Path, runtime: str) -> None:
        path = os.pathsep.join([os.path.dirname(ARKA), os.environ["PATH"]])
        self.environ = {"HOME": str(home), "XDG_RUNTIME_DIR": runtime, "PATH": path, **no_network.VARIABLES}
        self.data = home / ".local" / "share" / "arka"

    @contextlib.contextmanager
    def session(self, *, unlocked: bool = True) -> Iterator[Desktop]:
        """Log in. If the password is given, it unlocks the keyring."""
        bus = subprocess.Popen(
            [executable("dbus-run-session"), "--", "sh", "-c", HOLDER],
            env=self.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert bus.stdin is not None
        assert bus.stdout is not None
        self.environ["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().decode().strip()
        try:
            subprocess.run(
                [executable("gnome-keyring-daemon"), "--components=secrets", "--unlock" if unlocked else "--start"],
                env=self.environ,
                input=PASSWORD,
                capture_output=True,
                check=True,
                timeout=60,
            )
            yield self
        finally:
            del self.environ["DBUS_SESSION_BUS_ADDRESS"]
            bus.communicate(timeout=60)  # the end of the bus ends the daemon

    def daemon(self) -> int:
        """Return the id of the keyring's process on the bus."""
        asked = ["--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.GetConnectionUnixProcessID"]
        words = ["dbus-send", "--session", "--print-reply", *asked, "string:org.freedesktop.secrets"]
        said = subprocess.run(words, env=self.environ, capture_output=True, encoding="utf-8", check=True).stdout
        found = re.search(r"uint32 (\d+)", said)
        assert found is not None, said
        return int(found[1])

    def arka(self, line: str, stdin: str = "", *, patience: float | None = None) -> subprocess.CompletedProcess[str]:
        """Run the real program; `patience` is its time limit for the keyring, in seconds."""
        program = [ARKA]
        if patience is not None:
            setting = f"from arka_config.sealing import os_keyring; os_keyring.TIME_LIMIT = {patience}"
            program = [sys.executable, "-c", f"{setting}\nfrom arka_config.__main__ import main\nmain()"]
        words = [*program, *line.split()]
        return subprocess.run(
            words, env=self.environ, input=stdin, capture_output=True, encoding="utf-8", check=False, timeout=60
        )

    def run(self, line: str, stdin: str = "") -> str:
        """Run a command that must succeed; return its output."""
        ended = self.arka(line, stdin)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def entries(self) -> str:
        """Return the keyring's entries as another program sees them."""
        words = [executable("secret-tool"), "search", "--all", "service", "arka"]
        done = subprocess.run(words, env=self.environ, capture_output=True, encoding="utf-8", check=False, timeout=60)
        return done.stdout

    def find_files(self, text: str) -> list[str]:
        """Return the files in the home that contain a text."""
        files = [path for path in Path(self.environ["HOME"]).rglob("*") if path.is_file()]
        return [str(path) for path in files if text.encode() in path.read_bytes()]


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Desktop]:
    # A socket's path has at most 107 bytes, and pytest's folders have long names.
    with tempfile.TemporaryDirectory(prefix="arka-") as runtime:
        yield Desktop(tmp_path, runtime)


LOGIN = "login --with-token --no-verify"


def test_secret_service_stores_a_token_and_no_file_contains_it(desktop: Desktop) -> None:
    with desktop.session():
        desktop.run(f"{LOGIN} -p work --storage keyring --label MacBook", TOKEN)
        assert desktop.run("token") == TOKEN + "\n"
        assert f" {TOKEN}\n" in desktop.entries()
        assert desktop.find_files(TOKEN) == []
        assert re.search(r"^storage +keyring$", desktop.run("status --offline"), re.MULTILINE)
        desktop.run(f"{LOGIN} -p ci", OTHER)
        assert re.search(r"work +keyring .* keyring$", desktop.run("profiles list"), re.MULTILINE)
    with desktop.session():  # the next day
        assert desktop.run("token") == TOKEN + "\n"
        desktop.run("profiles rename work laptop")
        assert desktop.run("token -p laptop") == TOKEN + "\n"
        assert desktop.entries().count("\nsecret = ") == 1
        desktop.run("logout -p laptop")
        assert desktop.entries() == ""


def test_secret_service_opens_the_vault_without_a_prompt(desktop: Desktop) -> None:
    with desktop.session():
        desktop.run(f"{LOGIN} -p work", TOKEN)
        assert desktop.find_files(TOKEN)
        desktop.run("vault enable --with keyring")
        assert desktop.find_files(TOKEN) == []
        assert TOKEN not in desktop.entries()
        assert BACKEND in desktop.run("vault status")
        assert desktop.run("token") == TOKEN + "\n"
    with desktop.session():
        assert desktop.run("token") == TOKEN + "\n"
        desktop.run("vault rekey")
        assert desktop.run("token") == TOKEN + "\n"
        desktop.run("vault disable --yes")
        assert desktop.entries() == ""
    assert desktop.run("token") == TOKEN + "\n"


@pytest.fixture
def both(desktop: Desktop) -> Desktop:
    """`work` is stored in the keyring; `ci` is sealed, and the keyring opens it. The user is not logged in."""
    with desktop.session():
        desktop.run(f"{LOGIN} -p work --storage keyring", TOKEN)
        desktop.run("vault enable --with keyring")
        desktop.run(f"{LOGIN} -p ci", OTHER)
    return desktop


def test_locked_secret_service_is_reported_as_locked(both: Desktop) -> None:
    with both.session(unlocked=False):
        for line in ("token -p work", "token -p ci", "exec -p work -- env"):
            done = both.arka(line)
            assert (done.returncode, done.stdout) == (1, "")
            assert f"error: {BACKEND} is locked\n" in done.stderr
            assert "hint: unlock it" in done.stderr
        refused = both.arka(f"{LOGIN} -p new --storage keyring", TOKEN)
        assert (refused.returncode, "is locked" in refused.stderr) == (1, True)
        assert sorted(path.name for path in (both.data / "tokens").iterdir()) == ["ci.json", "work.json"]
        assert both.find_files(TOKEN) == []


def test_missing_secret_service_stores_nothing_unless_another_storage_is_requested(
    both: Desktop,
) -> None:
    for line in ("token -p work", "token -p ci"):
        done = both.arka(line)
        assert (done.returncode, done.stdout) == (1, "")
        assert f"error: {BACKEND} is missing or cannot be reached" in done.stderr
        assert "hint: run it in a session that can reach the keyring" in done.stderr
    refused = both.arka(f"{LOGIN} -p new --storage keyring", TOKEN)
    assert refused.returncode == 1
    assert "error: there is no OS keyring here" in refused.stderr
    assert "hint: choose another storage: --storage sealed, or --storage plain" in refused.stderr
    assert both.find_files(TOKEN) == []
    assert "there is no profile 'new'" in both.arka("token -p new").stderr
    both.run(f"{LOGIN} -p new --storage plain", TOKEN)
    assert both.run("token -p new") == TOKEN + "\n"


def test_hanging_secret_service_times_out(both: Desktop) -> None:
    with both.session():
        assert both.run("token -p work") == TOKEN + "\n"
        daemon = both.daemon()
        os.kill(daemon, signal.SIGSTOP)
        try:
            for line in ("token -p work", "token -p ci", f"{LOGIN} -p new --storage keyring"):
                began = time.monotonic()
                done = both.arka(line, TOKEN, patience=2)
                assert (done.returncode, done.stdout) == (1, "")
                # If the machine is busy, the call that looks for a keyring may time out first.
                assert re.search(
                    rf"^error: ({BACKEND}|the OS keyring) did not answer within 2 s$", done.stderr, re.MULTILINE
                )
                assert time.monotonic() - began < 20, "the bus itself waits for 25"
        finally:
            os.kill(daemon, signal.SIGCONT)
        assert both.run("token -p work") == TOKEN + "\n"
        assert "there is no profile 'new'" in both.arka("token -p new").stderr


def test_listing_does_not_use_the_keyring(both: Desktop) -> None:
    for line in ("profiles list", "profiles show work", "status --offline -p work", "vault status", "prompt -p ci"):
        assert both.arka(line).returncode == 0, line
