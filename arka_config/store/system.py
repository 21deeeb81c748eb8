"""What differs between Linux, macOS and Windows: folders, locks, owners and modes, renames, processes, the console.

`SYSTEM` is this machine's. No other module asks which system it runs on, apart from the one that computes the paths of
npm's `env-paths` for any system. tests/store/test_system.py has the contract, and says what it replaces to run the part
for Windows elsewhere. Standard library only, and little of it: `token` imports this.
"""

from __future__ import annotations

import errno
import os
import stat
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any, NoReturn, Protocol, TextIO
else:
    Protocol = object  # importing `typing` is too slow for `token`

# Flags of `os.open`; 0 on a system that does not have them.
CLOEXEC = getattr(os, "O_CLOEXEC", 0)
NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
BINARY = getattr(os, "O_BINARY", 0)
NONBLOCK = getattr(os, "O_NONBLOCK", 0)

NOT_FOUND, CANNOT_RUN = 127, 126  # the exit codes of a shell for a program that cannot be started


class NotStarted(Exception):
    """A program could not be started: why, and the exit code of a shell for that."""

    def __init__(self, reason: str, exit_code: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.exit_code = exit_code


class System(Protocol):
    """What the rest of the package needs of a system."""

    name: str
    shell: str
    has_modes: bool
    has_xdg: bool
    has_desktop: bool
    folds_case: bool
    syncs_folders: bool
    follows_links: bool

    def base_folders(self, home: str) -> tuple[str, str, str]: ...
    def user_id(self) -> int: ...
    def account_home(self) -> str: ...
    def account_name(self) -> str: ...
    def keep_owner_and_mode(self, descriptor: int, before: os.stat_result, *, is_shared: bool = False) -> None: ...
    def replace(self, temporary: str, target: str) -> None: ...
    def try_lock(self, descriptor: int) -> bool: ...
    def unlock(self, descriptor: int) -> None: ...
    def is_alive(self, process: int) -> bool: ...
    def find_program(self, name: str, folders: Sequence[str]) -> str | None: ...
    def become(self, program: str, words: Sequence[str], environ: Mapping[str, str]) -> NoReturn: ...
    def certificates(self) -> Iterable[bytes]: ...
    def shows_colour(self, stream: TextIO) -> bool: ...


class Linux:
    """Linux, and any other system that is like it."""

    name = "linux"
    shell = "bash"
    has_modes = True  # owner and mode say who may read and write a file
    has_xdg = True  # HOME and the XDG variables name the folders
    has_desktop = False  # there is a desktop only if a variable names it
    folds_case = False  # names of variables and files that differ in case only are the same
    syncs_folders = True  # a rename lasts through a power cut once its folder is synced
    follows_links = False  # NOFOLLOW keeps `os.open` from following a link

    def base_folders(self, home: str) -> tuple[str, str, str]:
        """The folders for all apps' configuration, data and state, unless XDG variables name others."""
        return (
            os.path.join(home, ".config"),
            os.path.join(home, ".local", "share"),
            os.path.join(home, ".local", "state"),
        )

    def user_id(self) -> int:
        """The effective user id of this process."""
        return os.geteuid()

    def account_home(self) -> str:
        """The home folder of this process's user, if HOME does not say; empty if the uid has no account."""
        import pwd

        try:
            return pwd.getpwuid(os.getuid()).pw_dir
        except KeyError:
            return ""

    def account_name(self) -> str:
        """The name of this process's user; empty if the uid has no account, as in a container."""
        import pwd

        try:
            return pwd.getpwuid(os.getuid()).pw_name
        except KeyError:
            return ""

    def keep_owner_and_mode(self, descriptor: int, before: os.stat_result, *, is_shared: bool = False) -> None:
        """Give a new file the owner of the one that it replaces, if this is root, and its mode if that is stricter.

        With `is_shared`, also a mode that lets others read or write it.
        """
        if before.st_uid != os.geteuid() and os.geteuid() == 0:
            os.fchown(descriptor, before.st_uid, before.st_gid)
        mode = stat.S_IMODE(before.st_mode) & (0o777 if is_shared else 0o600)
        if mode != 0o600:
            os.fchmod(descriptor, mode)

    def replace(self, temporary: str, target: str) -> None:
        """Rename a file over another one. Raises OSError."""
        os.replace(temporary, target)

    def try_lock(self, descriptor: int) -> bool:
        """Lock an open file, and return whether that was possible. Raises OSError if the system has no locks there."""
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def unlock(self, descriptor: int) -> None:
        """Release the lock on a file."""
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_UN)

    def is_alive(self, process: int) -> bool:
        """Whether a process exists. True if that cannot be known."""
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        except (OSError, OverflowError):  # another user's process
            return True
        return True

    def find_program(self, name: str, folders: Sequence[str]) -> str | None:
        """Return the file of a program in the first folder that has it."""
        # As shutil.which; importing that would take longer than the rest of `exec`.
        files = (os.path.join(folder, name) for folder in folders)
        return next((file for file in files if os.path.isfile(file) and os.access(file, os.X_OK)), None)

    def become(self, program: str, words: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
        """Replace this process with a program, which gets every signal from then on. Raises NotStarted."""
        import signal

        # Python ignores these two, and a child would inherit that: `exec -- yes | head -1` must end.
        ignored = (signal.SIGPIPE, signal.SIGXFSZ)
        before = [signal.signal(number, signal.SIG_DFL) for number in ignored]
        try:
            os.execve(program, list(words), dict(environ))
        except OSError as error:
            raise _not_started(error) from None
        finally:  # after a failure this process continues, and may write to a closed pipe
            for number, handler in zip(ignored, before, strict=True):
                signal.signal(number, handler)

    def certificates(self) -> Iterable[bytes]:
        """The certificates of authorities that OpenSSL does not find by itself."""
        return ()

    def shows_colour(self, stream: TextIO) -> bool:
        """Whether the terminal that the stream is on understands colours."""
        return os.environ.get("TERM") != "dumb"


class MacOS(Linux):
    """macOS: Linux with other folders, a desktop, and a file system that ignores case."""

    name = "macos"
    has_desktop = True
    folds_case = True

    def base_folders(self, home: str) -> tuple[str, str, str]:
        """The folder for all apps' files, unless XDG variables name others."""
        return (os.path.join(home, "Library", "Application Support"),) * 3


class Windows:
    """Windows. The access list of the user's folder protects files, not their owners and modes."""

    name = "windows"
    shell = "powershell"
    has_modes = False
    has_xdg = False
    has_desktop = True
    folds_case = True
    syncs_folders = False  # a folder cannot be opened, and NTFS journals its entries
    follows_links = True  # `os.open` cannot be kept from it

    _LOCK_AT = 1 << 20  # past the end of the file, so that the holder's id stays readable
    _ATTEMPTS, _PAUSE = 20, 0.05  # a scanner or editor may have a file open for a moment
    _STD_HANDLES = (-10, -11, -12)  # GetStdHandle, by file descriptor
    _ANSI = 0x0004  # ENABLE_VIRTUAL_TERMINAL_PROCESSING

    def base_folders(self, home: str) -> tuple[str, str, str]:
        """The folder for all apps' files."""
        from platformdirs.windows import Windows as Places

        places = Places()
        return places.user_config_dir, places.user_data_dir, places.user_state_dir

    def user_id(self) -> int:
        """0, which `os.stat` gives for the owner of every file."""
        return 0

    def account_home(self) -> str:
        """The home folder of the user who is logged in."""
        home = os.path.expanduser("~")
        return home if os.path.isabs(home) else ""

    def account_name(self) -> str:
        """The name of the user who is logged in."""
        return os.getlogin()

    def keep_owner_and_mode(self, descriptor: int, before: os.stat_result, *, is_shared: bool = False) -> None:
        """Do nothing: a new file inherits the access list of its folder."""

    def replace(self, temporary: str, target: str) -> None:
        """Rename a file over another one, again for a while if another program has it open. Raises OSError."""
        import time

        for attempt in range(self._ATTEMPTS):
            try:
                return os.replace(temporary, target)
            except PermissionError:
                if attempt == self._ATTEMPTS - 1:
                    raise
                time.sleep(self._PAUSE)

    def try_lock(self, descriptor: int) -> bool:
        """Lock an open file, and return whether that was possible."""
        msvcrt = _module("msvcrt")
        os.lseek(descriptor, self._LOCK_AT, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True

    def unlock(self, descriptor: int) -> None:
        """Release the lock on a file."""
        msvcrt = _module("msvcrt")
        os.lseek(descriptor, self._LOCK_AT, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

    def is_alive(self, process: int) -> bool:
        """True: `os.kill` with signal 0 would send Ctrl-C."""
        return True

    def find_program(self, name: str, folders: Sequence[str]) -> str | None:
        """Return the file of a program, with an ending of PATHEXT, in the first folder that has it."""
        # Not shutil.which, which searches the working directory too.
        endings = [ending for ending in os.environ.get("PATHEXT", "").split(os.pathsep) if ending]
        has_ending = not endings or name.lower().endswith(tuple(ending.lower() for ending in endings))
        names = [name] if has_ending else [f"{name}{ending}" for ending in endings]
        files = (os.path.join(folder, each) for folder in folders for each in names)
        return next((file for file in files if os.path.isfile(file) and os.access(file, os.X_OK)), None)

    def become(self, program: str, words: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
        """Run a program and exit with its exit code, as there is no exec. Raises NotStarted.

        Ctrl-C reaches every process of the console, and what it means is the program's to say: this one waits.
        """
        import signal
        import subprocess

        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            code = subprocess.run([program, *words[1:]], env=dict(environ), check=False).returncode  # noqa: S603  # the command that the user typed
        except OSError as error:
            raise _not_started(error) from None
        finally:
            signal.signal(signal.SIGINT, before)
        raise SystemExit(code)

    def certificates(self) -> Iterator[bytes]:
        """The certificates of authorities that the system trusts for servers."""
        ssl = _module("ssl")
        for certificate, encoding, trust in (*ssl.enum_certificates("CA"), *ssl.enum_certificates("ROOT")):
            if encoding == "x509_asn" and (trust is True or ssl.Purpose.SERVER_AUTH.oid in trust):
                yield certificate

    def shows_colour(self, stream: TextIO) -> bool:
        """Whether the console understands escape sequences, after telling it to: since Windows 10 it does if asked."""
        if "WT_SESSION" in os.environ or os.environ.get("TERM", "dumb") != "dumb":
            return True  # Windows Terminal, or a terminal of another system
        kernel32 = _module("ctypes").windll.kernel32
        try:
            handle = kernel32.GetStdHandle(self._STD_HANDLES[stream.fileno()])
        except (IndexError, OSError, ValueError):
            return False
        mode = _module("ctypes").c_ulong()
        if not kernel32.GetConsoleMode(handle, _module("ctypes").byref(mode)):
            return False
        return bool(kernel32.SetConsoleMode(handle, mode.value | self._ANSI))


def _not_started(error: OSError) -> NotStarted:
    code = NOT_FOUND if error.errno in (errno.ENOENT, errno.ENOTDIR) else CANNOT_RUN
    return NotStarted((error.strerror or "cannot be run").lower(), code)


def _module(name: str) -> Any:
    """Import a module that only Windows has, or has more of."""
    return __import__(name)


def system_of(platform: str) -> System:
    """Return the system with this name in `sys.platform`."""
    if platform in ("win32", "darwin"):
        return Windows() if platform == "win32" else MacOS()
    system = Linux()
    if platform != "linux":
        system.name = platform
    return system


SYSTEM = system_of(sys.platform)
