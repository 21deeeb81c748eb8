"""The OS keyring, through the `keyring` package: with a time limit, and only where it is a real one.

The backend that holds an entry is remembered with it. `keyring` answers "no such entry" also where the backend that
has it cannot be reached and another one is asked in its place, so another backend is never asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.errors import KeyringLocked, KeyringTimeout, KeyringUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    T = TypeVar("T")

PATIENCE = 10.0  # seconds; a keyring that asks its user something goes on asking, and the next run finds it open

# The systems' own. One of these may be used by name, and out of a chain; any other only where the user chose it.
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
_UNFIT = ("keyring.backends.null.", "keyring.backends.fail.")
_REACH = "run it where that keyring can be reached, as in a session of the desktop"


class Entry:
    """Where a secret is: the backend's full name, and the account under the app's name."""

    __slots__ = ("account", "backend")

    def __init__(self, backend: str, account: str) -> None:
        self.backend = backend
        self.account = account


def put(service: str, account: str, secret: str, *, otherwise: str) -> Entry:
    """Keeps a secret in the keyring in use, and reads it back.

    Raises KeyringUnavailable, and then keeps nothing: `otherwise` is what to do instead, which is done only when asked
    for.
    """
    backend = _in_time(lambda: _in_use(otherwise), "the OS keyring", otherwise)
    entry = Entry(_name(backend), account)
    _in_time(lambda: backend.set_password(service, account, secret), entry.backend, otherwise)
    if _in_time(lambda: backend.get_password(service, account), entry.backend, otherwise) == secret:
        return entry
    _in_time(lambda: backend.delete_password(service, account), entry.backend, otherwise)
    raise KeyringUnavailable(f"{entry.backend} does not give back what was put into it", hint=otherwise)


def get(service: str, entry: Entry) -> str:
    """The secret of an entry. Raises KeyringUnavailable."""
    backend = _recorded(entry)
    secret = _in_time(lambda: backend.get_password(service, entry.account), entry.backend, _REACH)
    if secret is None:
        raise KeyringUnavailable(
            f"{entry.backend} has no entry '{entry.account}' of '{service}': it was removed, or is in another keyring",
            hint="put it back, or store the token anew",
        )
    return str(secret)


def in_use() -> str:
    """The name of the keyring in use. Raises KeyringUnavailable where there is none that could be trusted."""
    return _name(_in_time(lambda: _in_use(_REACH), "the OS keyring", _REACH))


def remove(service: str, entry: Entry) -> None:
    """Takes an entry out. Raises KeyringUnavailable; one that is not there is none to take out."""
    backend = _recorded(entry)
    if _in_time(lambda: backend.get_password(service, entry.account), entry.backend, _REACH) is not None:
        _in_time(lambda: backend.delete_password(service, entry.account), entry.backend, _REACH)


def _recorded(entry: Entry) -> Any:
    """The backend that holds an entry, and never another one in its place."""
    if entry.backend in _KNOWN:
        return _in_time(lambda: _core().load_keyring(entry.backend), entry.backend, _REACH)
    # A file may name it, and naming a class is running its module: so only where it is in use anyway.
    backend = _in_time(lambda: _in_use(_REACH), entry.backend, _REACH)
    if _name(backend) != entry.backend:
        raise KeyringUnavailable(
            f"the keyring in use is {_name(backend)}, and the entry is in {entry.backend}",
            hint=f"export PYTHON_KEYRING_BACKEND={entry.backend}",
        )
    return backend


def _in_use(otherwise: str) -> Any:
    """The backend that `keyring` is set to use, or the best of a chain. Raises KeyringUnavailable where it is unfit."""
    backend = _core().get_keyring()
    chain = getattr(backend, "backends", None)
    if _name(backend).startswith("keyring.backends.chainer."):
        backend = next((each for each in chain or () if _name(each) in _KNOWN), None)
        if backend is None:
            raise KeyringUnavailable("there is no OS keyring here that could be trusted", hint=otherwise)
    name = _name(backend)
    if name.startswith(_UNFIT) or "plaintext" in name.lower():
        raise KeyringUnavailable(f"there is no OS keyring here: {name} keeps nothing safe", hint=otherwise)
    return backend


def _core() -> Any:
    try:
        from keyring import core
    except ImportError:
        raise KeyringUnavailable(
            "the 'keyring' package is not installed", hint="pip install 'arka-config[keyring]'"
        ) from None
    return core


def _name(backend: object) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _in_time(call: Callable[[], T], name: str, way_out: str) -> T:
    """What a call gives, made in a thread that is left alone when it takes too long. Raises KeyringUnavailable."""
    import threading

    answers: list[T] = []
    errors: list[Exception] = []

    def make() -> None:
        try:
            answers.append(call())
        except Exception as error:  # noqa: BLE001  # a backend raises whatever its system's library does
            errors.append(error)

    thread = threading.Thread(target=make, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    if answers:
        return answers[0]
    if not errors:
        raise KeyringTimeout(
            f"{name} did not answer within {PATIENCE:g} s", hint="unlock it, if it asks for that, and try again"
        )
    raise _in_our_words(errors[0], name, way_out)


def _in_our_words(error: Exception, name: str, way_out: str) -> KeyringUnavailable:
    """The error for what a backend raised. Its text is not repeated: it may hold what was to be stored."""
    if isinstance(error, KeyringUnavailable):
        return error
    kind = type(error).__name__
    if kind in ("KeyringLocked", "LockedException", "PromptDismissedException"):
        return KeyringLocked(f"{name} is locked", hint="unlock it, as by logging in to the desktop, and try again")
    if kind in ("NoKeyringError", "InitError", "RuntimeError", "ModuleNotFoundError"):
        return KeyringUnavailable(f"{name} is not there, or cannot be reached ({kind})", hint=way_out)
    return KeyringUnavailable(f"{name} failed ({kind})", hint=way_out)
