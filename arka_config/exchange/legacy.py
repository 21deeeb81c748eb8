"""The JSON file in which a Node CLI, built on npm `conf`, keeps its one token: reading it, and writing to it.

The rules are those of `conf` 15 and 16, which tests run beside this module. `conf` takes no lock. A writer here looks
once more, just before its rename, that the file is still what it read, and else begins again. Two windows remain that
nothing here can close: from that look to the rename, about a tenth of a millisecond; and a Node process that read the
file before the rename and writes after it, within the millisecond or so that `conf` takes from one to the other, puts
the old token back. Between processes of ours, call the writers under the store's lock.
"""

from __future__ import annotations

import os
import stat
import sys

from arka_config.errors import ConfigError, ConfigWarning, FileError, MalformedFile, UnsafeFile, UsageError
from arka_config.exchange.env_paths import SUFFIX
from arka_config.exchange.exact_json import Document, Fault, dump, parse
from arka_config.secret import Secret, masked
from arka_config.store import files
from arka_config.text import check_printable, quoted, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_KEY = "token"
ATTEMPTS = 20

_BYTE_ORDER_MARK = "\ufeff"
# `conf` keeps its migrations under the first, and dot-prop, which looks its keys up, answers nothing for the others.
_RESERVED = frozenset({"__internal__", "__proto__", "constructor", "prototype"})
_PATH_CHARACTERS = frozenset(".[\\")  # dot-prop reads a key with one of these as a path into nested objects


class FoundToken:
    """A token in the file, and the top-level key that it stands under."""

    __slots__ = ("key", "token")

    def __init__(self, key: str, token: Secret) -> None:
        self.key = key
        self.token = token


class WriteResult:
    """Where a token was put: the file, the key, and whether anything had to be written for it."""

    __slots__ = ("changed", "key", "path")

    def __init__(self, path: str, key: str, changed: bool) -> None:
        self.path = path
        self.key = key
        self.changed = changed


def read(path: str) -> Document | None:
    """The file's keys and values in their order, or None where there is no file. A byte order mark is skipped.

    Raises FileError, MalformedFile (with line and column, and nothing of the content) where it holds no JSON object,
    and UnsafeFile where every user of the machine can write to it.
    """
    content = _content(path)
    return None if content is None else _document(path, content)


def token_key(document: Document, token_prefix: str, override: str | None = None, *, source: str = "the file") -> str:
    """The top-level key to put a token under: the one that holds a token already, else `token`; or the override.

    Raises ConfigError, naming the keys and `source`, where several hold one, and UsageError for an override that a Node
    CLI would not find again.
    """
    if override is not None:
        return check_key(override)
    holders = _holders(document, token_prefix)
    if len(holders) > 1:
        names = [masked(key, token_prefix) if key.startswith(token_prefix) else visible(key[:80]) for key in holders]
        raise ConfigError(
            f"{source} has a token under each of {', '.join(map(repr, names))}", hint=f"say which: --key {names[0]!r}"
        )
    return holders[0] if holders else DEFAULT_KEY


def check_key(key: str) -> str:
    """The key itself, where `conf.get(key)` finds the literal top-level key of that name. Raises UsageError else."""
    check_printable(key, "the key")
    if not key or key in _RESERVED or not _PATH_CHARACTERS.isdisjoint(key):
        raise UsageError(
            f"the key {key!r} cannot hold the token: a program built on conf would not find it there",
            hint=f"use a plain name, as in --key {DEFAULT_KEY}",
        )
    return key


def find_token(path: str, token_prefix: str, key: str | None = None) -> FoundToken | None:
    """The token in the file, or None. With a `key`, any text under it is taken for one.

    Raises what `read` and `token_key` raise, and InvalidValue where the token holds a control character.
    """
    document = read(path)
    if document is None:
        return None
    key = token_key(document, token_prefix, key, source=path)
    value = document.get(key)
    if not isinstance(value, str) or not value:
        return None
    return FoundToken(key, Secret(check_printable(value, f"{visible(path)}: the value of {visible(key[:80])!r}")))


def write_token(path: str, token: Secret, *, token_prefix: str, key: str | None = None) -> WriteResult:
    """Puts the token into the file, under the key that `token_key` gives, and leaves every other key as it is.

    The file becomes 0600 and the app's own folder 0700; missing ones are made. Raises what `read` and `token_key`
    raise, InvalidValue for a token with a control character, ConfigError where the key holds an object or a list,
    and FileError where the file cannot be written or does not stay the same long enough.
    """
    check_printable(token.reveal(), "the token")
    found = ""

    def put(document: Document) -> None:
        nonlocal found
        found = token_key(document, token_prefix, key, source=path)
        if isinstance(document.get(found), dict | list):
            raise ConfigError(
                f"{visible(path)} has an object or a list under {found!r}, and a token would replace it",
                hint="name the key that the Node CLI reads its token from: --key NAME",
            )
        document[found] = token.reveal()

    changed = _edit(path, put, create=True)
    return WriteResult(path, found, changed)


def remove_token(path: str, key: str) -> bool:
    """Takes the key out of the file, and leaves every other as it is; whether it was there. Raises as `write_token`."""
    found = False

    def take(document: Document) -> None:
        nonlocal found
        found = key in document
        document.pop(key, None)

    _edit(path, take, create=False)
    return found


def is_exposed(path: str) -> bool:
    """Whether other users can read the file: both its own mode and its folder's let them. False where there is none."""
    return bool(_open_to_others(path) & 0o044)


def protect(path: str) -> None:
    """Closes the app's own folder to other users (0700), and no other folder; a ConfigWarning where it cannot.

    `conf` makes it 0755, never changes it again, and before version 16 writes the file anew as 0644: the folder is what
    protects the token from then on. One that is a link to a folder of another name may be shared, and is left alone.
    """
    folder = os.path.dirname(path)
    if sys.platform == "win32" or not os.path.basename(os.path.realpath(folder)).endswith(SUFFIX):
        return
    try:
        mode = stat.S_IMODE(os.stat(folder).st_mode)
        if mode & 0o077:
            os.chmod(folder, mode & files.PRIVATE_FOLDER)
    except FileNotFoundError:
        return
    except OSError as error:
        import warnings

        reason = (error.strerror or type(error).__name__).lower()
        warnings.warn(
            ConfigWarning(f"{folder} stays open to other users: {reason}; hint: chmod 700 {quoted(folder)}"),
            stacklevel=2,
        )


class _Changed(Exception):
    """Somebody wrote to the file after it was read."""


def _edit(path: str, change: Callable[[Document], None], *, create: bool) -> bool:
    """Reads, changes and writes the file, anew for as long as others write to it meanwhile; whether it was written."""
    for _ in range(ATTEMPTS):
        content = _content(path)
        if content is None and not create:
            return False
        document = Document() if content is None else _document(path, content)
        before = Secret(dump(document))
        change(document)
        after = Secret(dump(document))
        if content is not None and after == before:  # nothing to change but perhaps the mode: keep how it is laid out
            after = Secret(content.reveal().removeprefix(_BYTE_ORDER_MARK))
        protect(path)
        files.sweep([os.path.dirname(os.path.realpath(path))])  # what a killed writer of ours left: it holds a token
        try:
            return files.write(path, after.reveal(), before_rename=_check_unchanged(path, content))
        except _Changed:
            continue
    raise FileError(
        f"{path} was changed by another process {ATTEMPTS} times while this one was changing it",
        path=path,
        hint="end the Node CLI that writes to it, and run this command again",
    )


def _check_unchanged(path: str, content: Secret | None) -> Callable[[], None]:
    def check() -> None:
        if _content(path) != content:
            raise _Changed

    return check


def _content(path: str) -> Secret | None:
    """The file's text, in a wrapper that shows nothing of it where a traceback shows variables."""
    if sys.platform != "win32" and _open_to_others(path) & 0o002:
        raise UnsafeFile(
            f"{path} can be written by every user, so it is not trusted",
            path=path,
            hint=f"look at what is in it, then: chmod 600 {quoted(path)}",
        )
    text = files.read(path)
    return None if text is None else Secret(text)


def _document(path: str, content: Secret) -> Document:
    parsed = parse(content.reveal().removeprefix(_BYTE_ORDER_MARK))
    if isinstance(parsed, Fault):
        raise MalformedFile(
            f"{path}, line {parsed.line}, column {parsed.column}: {parsed.reason}; it is left as it is",
            path=path,
            hint=f"mend it, or move it away: mv {quoted(path)} {quoted(f'{path}.broken')}",
        )
    return parsed


def _holders(document: Document, token_prefix: str) -> list[str]:
    if not token_prefix:  # then nothing tells a token from another text
        return []
    return [
        key
        for key, value in document.items()
        if isinstance(value, str) and value.startswith(token_prefix) and key not in _RESERVED
    ]


def _open_to_others(path: str) -> int:
    """The file's permission bits for its group and for everybody, as far as its folder lets them in.

    `conf` under a umask of 002, which is Ubuntu's, makes the file 0664: its group is the user's own there.
    """
    try:
        file = os.stat(path).st_mode
        folder = os.stat(os.path.dirname(os.path.realpath(path))).st_mode
    except OSError:
        return 0  # none, or one that reading has more to say about
    group = 0o070 if folder & 0o010 else 0
    everybody = 0o007 if folder & 0o001 else 0
    return file & (group | everybody)
