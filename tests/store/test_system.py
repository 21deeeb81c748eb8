"""The contract of `arka_config.store.system`: what every system does.

The part for Windows has never run on Windows. Here it runs on this machine, with fakes for what exists only on Windows:
`msvcrt.locking` is `fcntl.lockf` on the same range; `ctypes.windll.kernel32` and `ssl.enum_certificates` record their
calls. So the tests show that our side of these calls is right, but not that Windows does what its documentation says.
"""

from __future__ import annotations

import ast
import errno
import fcntl
import io
import os
import signal
import subprocess
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import arka_config
from arka_config.store import system
from arka_config.store.system import Linux, MacOS, NotStarted, Windows, system_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arka_config.store.system import System

PACKAGE = Path(str(arka_config.__file__)).parent
KINDS = [Linux, MacOS, Windows]


class Msvcrt:
    """A fake msvcrt, which locks a range from the file's position on."""

    LK_NBLCK, LK_UNLCK = 2, 0

    @classmethod
    def locking(cls, descriptor: int, mode: int, length: int) -> None:
        action = fcntl.LOCK_UN if mode == cls.LK_UNLCK else fcntl.LOCK_EX | fcntl.LOCK_NB
        fcntl.lockf(descriptor, action, length, os.lseek(descriptor, 0, os.SEEK_CUR))


@pytest.fixture(params=KINDS, ids=[kind.__name__ for kind in KINDS])
def any_system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> System:
    """Each system. Windows has fakes for its modules."""
    monkeypatch.setitem(sys.modules, "msvcrt", Msvcrt())
    found: System = request.param()
    return found


# The contract


HOLD = """
import sys, time
from arka_config.store import system
from tests.store.test_system import Msvcrt
import os
sys.modules["msvcrt"] = Msvcrt()
descriptor = os.open(sys.argv[1], os.O_RDWR)
print(getattr(system, sys.argv[2])().try_lock(descriptor), flush=True)
sys.stdin.read()
"""


def test_a_lock_keeps_other_processes_out_until_it_is_released(any_system: System, tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text("12 arka")
    descriptor = os.open(path, os.O_RDWR)
    words = [sys.executable, "-c", HOLD, str(path), type(any_system).__name__]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PACKAGE.parent) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        assert any_system.try_lock(descriptor) is False
        assert path.read_text() == "12 arka"  # the holder stays readable
        other.communicate("")
    assert any_system.try_lock(descriptor) is True
    assert os.lseek(descriptor, 0, os.SEEK_CUR) == 0
    any_system.unlock(descriptor)
    os.close(descriptor)


def test_replace_leaves_the_new_content(any_system: System, tmp_path: Path) -> None:
    (tmp_path / "new").write_text("new")
    (tmp_path / "old").write_text("old")
    any_system.replace(str(tmp_path / "new"), str(tmp_path / "old"))
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old").read_text() == "new"
    with pytest.raises(FileNotFoundError):
        any_system.replace(str(tmp_path / "new"), str(tmp_path / "old"))


def test_base_folders_are_three_full_paths(any_system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    if isinstance(any_system, Windows):
        monkeypatch.setattr("platformdirs.windows.get_win_folder", lambda name: f"C:\\Users\\ada\\{name}")
    config, data, state = any_system.base_folders("/home/ada")
    assert all(folder.startswith(("/home/ada/", "C:\\")) for folder in (config, data, state))


def test_is_alive_recognizes_this_process(any_system: System) -> None:
    assert any_system.is_alive(os.getpid())


def test_a_program_is_found_in_the_folders_only(any_system: System, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "deploy"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    assert any_system.find_program("deploy", [str(tmp_path), str(tmp_path / "bin")]) == str(program)
    assert any_system.find_program("deploy", [str(tmp_path)]) is None


BECOME = """
import sys
from arka_config.store import system
getattr(system, sys.argv[1])().become(sys.argv[2], sys.argv[2:], {"ONLY": "this"})
"""


def become(any_system: System, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BECOME, type(any_system).__name__, *words],
        cwd=PACKAGE.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_program_gets_the_words_and_the_environment_and_its_exit_code_is_returned(any_system: System) -> None:
    done = become(any_system, "/bin/sh", "-c", 'echo "$ONLY $PATH"; exit 7')
    assert (done.stdout.split()[0], done.returncode) == ("this", 7)


@pytest.mark.parametrize(("name", "code"), [("missing", 127), ("not-executable", 126)])
def test_a_program_that_cannot_be_started_is_an_error(any_system: System, name: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "not-executable").write_text("")
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(NotStarted) as caught:
        any_system.become(str(tmp_path / name), [name], {})
    assert caught.value.exit_code == code
    assert signal.getsignal(signal.SIGINT) is before


# What only some systems do


def test_windows_tries_a_rename_again_while_another_program_has_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "new").write_text("new")
    rename, failures = os.replace, [PermissionError(errno.EACCES, "in use")] * 3
    waits: list[float] = []

    def busy(source: str, target: str) -> None:
        if failures:
            raise failures.pop()
        rename(source, target)

    monkeypatch.setattr(os, "replace", busy)
    monkeypatch.setattr("time.sleep", waits.append)
    Windows().replace(str(tmp_path / "new"), str(tmp_path / "old"))
    assert ((tmp_path / "old").read_text(), len(waits)) == ("new", 3)
    failures += [PermissionError(errno.EACCES, "in use")] * 100
    with pytest.raises(PermissionError):
        Windows().replace(str(tmp_path / "old"), str(tmp_path / "older"))
    assert len(waits) == 3 + 19


def test_ctrl_c_on_windows_is_the_program_s_to_handle(tmp_path: Path) -> None:
    """On a console, both processes get it. This one must not end before the program does."""
    script = "import signal, sys, time; signal.signal(signal.SIGINT, lambda *_: sys.exit(5)); print('up', flush=True)\n"
    words = [sys.executable, "-c", BECOME, "Windows", sys.executable, "-c", f"{script}time.sleep(60)"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=PACKAGE.parent, start_new_session=True) as both:
        assert both.stdout is not None
        assert both.stdout.readline() == "up\n"
        os.killpg(both.pid, signal.SIGINT)
        both.communicate()
    assert both.returncode == 5


class Console:
    """A fake `ctypes.windll.kernel32`: a console with this mode, or none."""

    def __init__(self, mode: int | None) -> None:
        self.mode = mode

    def GetStdHandle(self, number: int) -> int:  # noqa: N802  # as Windows calls it
        return number

    def GetConsoleMode(self, handle: int, mode: Any) -> int:  # noqa: N802
        if self.mode is None:
            return 0
        mode.value = self.mode
        return 1

    def SetConsoleMode(self, handle: int, mode: int) -> int:  # noqa: N802
        assert handle == -12
        self.mode = mode
        return 1


class Standard(io.StringIO):
    def fileno(self) -> int:
        return 2


@pytest.mark.parametrize(
    ("mode", "environ", "shows", "after"),
    [(3, {}, True, 7), (None, {}, False, None), (3, {"WT_SESSION": "1"}, True, 3), (3, {"TERM": "xterm"}, True, 3)],
)
def test_colour_on_windows_is_switched_on_in_the_console(
    monkeypatch: pytest.MonkeyPatch, mode: int | None, environ: dict[str, str], shows: bool, after: int | None
) -> None:
    console = Console(mode)
    fake: Any = types.ModuleType("ctypes")
    fake.windll = types.SimpleNamespace(kernel32=console)
    fake.c_ulong, fake.byref = (lambda: types.SimpleNamespace(value=0)), (lambda value: value)
    monkeypatch.setitem(sys.modules, "ctypes", fake)
    for name in ("WT_SESSION", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert (Windows().shows_colour(Standard()), console.mode) == (shows, after)


def test_certificates_on_windows_are_those_that_are_trusted_for_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    import ssl

    server = ssl.Purpose.SERVER_AUTH.oid
    stores = {
        "CA": [(b"one", "x509_asn", True), (b"bundle", "pkcs_7_asn", True)],
        "ROOT": [(b"two", "x509_asn", {server}), (b"mail", "x509_asn", {"1.3.6.1.5.5.7.3.4"})],
    }
    monkeypatch.setattr(ssl, "enum_certificates", stores.__getitem__, raising=False)
    assert list(Windows().certificates()) == [b"one", b"two"]


def test_doctor_and_ownership_work_without_users_and_modes(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """If the system has no uids, nothing may ask for them."""
    from tests.cli.program import TOKEN, arka

    assert arka("login", "-p", "work", "--with-token", "--no-verify", stdin=TOKEN).code == 0
    ours = system.SYSTEM
    for name, module in list(sys.modules.items()):
        if name.startswith("arka_config.") and getattr(module, "SYSTEM", None) is ours:
            monkeypatch.setattr(module, "SYSTEM", Windows())
    monkeypatch.setitem(sys.modules, "msvcrt", Msvcrt())
    for name in ("geteuid", "getuid", "fchown", "fchmod"):
        monkeypatch.delattr(os, name)
    for name in ("pwd", "grp", "fcntl", "termios"):
        monkeypatch.setitem(sys.modules, name, None)
    (home / "data" / "tokens" / "work.json").chmod(0o644)
    done = arka("token", "-p", "work")
    assert (done.out, done.err) == (f"{TOKEN}\n", "")  # no warning about the mode either
    assert arka("doctor", "--json").json["checks"]
    assert arka("profiles", "set", "work", "description=x").code == 0
    assert arka("profiles", "rename", "work", "other").code == 0
    assert arka("status", "--offline").code == 0


@pytest.mark.parametrize(
    ("platform", "name"), [("linux", "linux"), ("darwin", "macos"), ("win32", "windows"), ("freebsd14", "freebsd14")]
)
def test_each_platform_has_its_system(platform: str, name: str) -> None:
    assert system_of(platform).name == name


# One module

ASKS = {"store/system.py", "exchange/env_paths.py"}  # the second computes npm's paths for any system
SHOWS = {"cli/output/terminal.py", "cli/commands/version.py", "store/folders.py"}  # print it, or pass it on


CALLS = {"sys.platform", "os.name", "os.geteuid", "os.getuid", "os.fchown", "os.execve"}
MODULES = {"fcntl", "msvcrt", "winreg", "ctypes"}


def find_system_checks(path: Path) -> Iterator[str]:
    """Yield the expressions of a file that depend on the system: its name, and names that not every system has."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield from CALLS & {f"{node.value.id}.{node.attr}"}
        elif isinstance(node, ast.Import):
            yield from MODULES & {name.name for name in node.names}


def test_only_one_module_asks_which_system_it_runs_on() -> None:
    found: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        name = str(path.relative_to(PACKAGE))
        if name not in ASKS and (asked := set(find_system_checks(path))):
            found[name] = asked
    assert {name: asked for name, asked in found.items() if name not in SHOWS or asked != {"sys.platform"}} == {}
