"""The OS keyring, through the `keyring` package: with a time limit, and only if it really protects its entries.

Each entry is recorded with the backend that holds it, and no other backend is asked: `keyring` would also answer "no
such entry" if that backend cannot be reached and another one is used in its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.deadline import DeadlineExceeded, call_within
from arka_config.errors import KeyringLocked, KeyringTimeout, KeyringUnavailable
from arka_config.extras import install_command

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    T = TypeVar("T")

TIME_LIMIT = 10.0  # seconds; a keyring that prompts its user continues to, and the next run finds it unlocked

# The operating systems' own. These may be loaded by name and picked from a chain; others only if the user chose them.
_KNOWN = frozenset(
    {
        "keyring.backends.SecretService.Keyring",
        "keyring.backends.libsecret.Keyring",
        "keyring.backends.kwallet.DBusKeyring",
        "keyring.backends.kwallet.DBusKeyringKWallet4",
        "keyring.backends.macOS.Keyring",
        "keyring.backends.Windows.WinVaultKeyring",
    }
)
_UNPROTECTED = ("keyring.backends.null.", "keyring.backends.fail.")
_REACH = "run it in a session that can reach the keyring, such as a desktop session"


class Entry:
    """An entry's place: the backend's full name, and the account under the app's name."""

    __slots__ = ("account", "backend")

    def __init__(self, backend: str, account: str) -> None:
        self.backend = backend
        self.account = account


def put(service: str, account: str, secret: str, *, alternative: str) -> Entry:
    """Store a secret in the current keyring, and read it back.

    Raises KeyringUnavailable, with `alternative` as its hint, and then stores nothing. There is no fallback.
    """
    backend = _call(lambda: _current(alternative), "the OS keyring", alternative)
    entry = Entry(_name(backend), account)
    _call(lambda: backend.set_password(service, account, secret), entry.backend, alternative)
    if _call(lambda: backend.get_password(service, account), entry.backend, alternative) == secret:
        return entry
    _call(lambda: backend.delete_password(service, account), entry.backend, alternative)
    raise KeyringUnavailable(f"{entry.backend} does not return what was stored in it", hint=alternative)


def get(service: str, entry: Entry) -> str:
    """Read an entry's secret. Raises KeyringUnavailable."""
    backend = _backend_of(entry)
    secret = _call(lambda: backend.get_password(service, entry.account), entry.backend, _REACH)
    if secret is None:
        raise KeyringUnavailable(
            f"{entry.backend} has no entry '{entry.account}' of '{service}': it was removed, or is in another keyring",
            hint="restore it, or store the token again",
        )
    return str(secret)


def current_backend() -> str:
    """Find the current keyring; return its name. Raises KeyringUnavailable if there is none that can be trusted."""
    return _name(_call(lambda: _current(_REACH), "the OS keyring", _REACH))


def remove(service: str, entry: Entry) -> None:
    """Remove an entry, if it exists. Raises KeyringUnavailable."""
    backend = _backend_of(entry)
    if _call(lambda: backend.get_password(service, entry.account), entry.backend, _REACH) is not None:
        _call(lambda: backend.delete_password(service, entry.account), entry.backend, _REACH)


def _backend_of(entry: Entry) -> Any:
    """Return the backend that holds an entry, never another one."""
    if entry.backend in _KNOWN:
        return _call(lambda: _core().load_keyring(entry.backend), entry.backend, _REACH)
    # The name comes from a file, and loading a class runs its module: use it only if it is the current one anyway.
    backend = _call(lambda: _current(_REACH), entry.backend, _REACH)
    if _name(backend) != entry.backend:
        raise KeyringUnavailable(
            f"the current keyring is {_name(backend)}, but the entry is in {entry.backend}",
            command=f"export PYTHON_KEYRING_BACKEND={entry.backend}",
        )
    return backend


def _current(alternative: str) -> Any:
    """Return the backend that `keyring` is set to use, or the best known one of a chain."""
    backend = _core().get_keyring()
    chain = getattr(backend, "backends", None)
    if _name(backend).startswith("keyring.backends.chainer."):
        backend = next((each for each in chain or () if _name(each) in _KNOWN), None)
        if backend is None:
            raise KeyringUnavailable("there is no OS keyring here that can be trusted", hint=alternative)
    name = _name(backend)
    if name.startswith(_UNPROTECTED) or "plaintext" in name.lower():
        raise KeyringUnavailable(f"there is no OS keyring here: {name} does not protect its entries", hint=alternative)
    return backend


def _core() -> Any:
    try:
        from keyring import core
    except ImportError:
        raise KeyringUnavailable("the 'keyring' package is not installed", command=install_command("keyring")) from None
    return core


def _name(backend: object) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _call(call: Callable[[], T], name: str, hint: str) -> T:
    """Call a backend within the time limit. Raises KeyringUnavailable."""
    try:
        return call_within(TIME_LIMIT, call)
    except KeyringUnavailable:
        raise
    except DeadlineExceeded:
        unavailable: KeyringUnavailable = KeyringTimeout(
            f"{name} did not answer within {TIME_LIMIT:g} s", hint="unlock it if it asks for that, and try again"
        )
    except Exception as error:  # noqa: BLE001  # a backend raises whatever its system's library does
        unavailable = _unavailable(type(error).__name__, name, hint)
    raise unavailable  # outside of `except`, so the original error is not chained: it may hold the secret


def _unavailable(error: str, name: str, hint: str) -> KeyringUnavailable:
    """Return our error for one that a backend raised. The original text is dropped: it may hold the secret."""
    if error in ("KeyringLocked", "LockedException", "PromptDismissedException"):
        return KeyringLocked(f"{name} is locked", hint="unlock it, for example by logging in to the desktop; try again")
    if error in ("NoKeyringError", "InitError", "RuntimeError", "ModuleNotFoundError"):
        return KeyringUnavailable(f"{name} is missing or cannot be reached ({error})", hint=hint)
    return KeyringUnavailable(f"{name} failed ({error})", hint=hint)
