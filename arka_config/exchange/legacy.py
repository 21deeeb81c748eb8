"""Read and write the JSON file in which a Node CLI built on npm `conf` stores its token.

The rules are those of `conf` 15 and 16; the tests compare both with this module. `conf` takes no lock. A writer here
checks just before its rename that the file is still what it read, and starts over if not. Two race windows remain:
between that check and the rename, about a tenth of a millisecond; and in `conf` itself, which takes about a millisecond
from its read to its write, and puts the old token back if our rename falls between them. Callers must hold the store's
lock, which excludes other processes of ours.
"""

from __future__ import annotations

import os
import stat
import warnings
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from arka_config.errors import ConfigError, ConfigWarning, FileError, MalformedFile, UnsafeFile
from arka_config.exchange import key_path
from arka_config.exchange.env_paths import SUFFIX
from arka_config.exchange.exact_json import Document, Fault, dump, parse
from arka_config.secret import Secret, mask
from arka_config.store import files
from arka_config.store.ownership import is_trusted
from arka_config.store.system import SYSTEM
from arka_config.text import check_printable, quote_path, shorten, visible

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_KEY = "token"
ATTEMPTS = 20

_BYTE_ORDER_MARK = "\ufeff"


class FoundToken(NamedTuple):
    """A token in the file, and the key that holds it, such as `token` or `auth.apiKey`."""

    key: str
    token: Secret


class WriteResult(NamedTuple):
    """The file and key that a token was written to, and whether that changed the file."""

    path: str
    key: str
    changed: bool


def read(path: str) -> Document | None:
    """Read the file's keys and values, in their order; None if there is no file. A byte order mark is skipped.

    Raises FileError, MalformedFile (with line and column, but none of the content) if it is not a JSON object, and
    UnsafeFile if every user of the machine can write to it and it belongs to another user.
    """
    content = _read_content(path)
    return None if content is None else _parse_document(path, content)


def token_key(
    document: Document, token_prefix: str | tuple[str, ...], override: str | None = None, *, source: str = "the file"
) -> str:
    """The key for the token: the override, else the one that already holds a token, else `token`.

    Raises ConfigError, naming the keys and `source`, if several hold one, and UsageError for an override that the Node
    CLI would not find.
    """
    if override is not None:
        key_path.parse_key(override)
        return override
    holders = _holders(document, token_prefix)
    if len(holders) > 1:
        names = [mask(key, token_prefix) if key.startswith(token_prefix) else shorten(key, 80) for key in holders[:5]]
        more = f" and {len(holders) - 5} more" if len(holders) > 5 else ""
        raise ConfigError(
            f"{source} has a token under each of {', '.join(map(quote_path, names))}{more}",
            hint=f"say which: --key {quote_path(names[0])}",
        )
    return holders[0] if holders else DEFAULT_KEY


def find_token(path: str, token_prefix: str | tuple[str, ...], key: str | None = None) -> FoundToken | None:
    """Read the token from the file, or return None. With a `key`, any string in it is taken as the token.

    Raises the errors of `read` and `token_key`, and InvalidValue if the token contains a control character.
    """
    document = read(path)
    if document is None:
        return None
    key = token_key(document, token_prefix, key, source=path)
    value = key_path.get(document, key_path.parse_key(key))
    if not isinstance(value, str) or not value:
        return None
    return FoundToken(key, Secret(check_printable(value, f"{visible(path)}: the value of {shorten(key, 80)!r}")))


def write_token(
    path: str, token: Secret, *, token_prefix: str | tuple[str, ...], key: str | None = None
) -> WriteResult:
    """Write the token to the file, under the key that `token_key` returns, and keep every other key.

    The file gets mode 0600 and the app's own folder 0700; both are created if missing. Raises the errors of `read` and
    `token_key`, InvalidValue for a token with a control character, ConfigError if something else is in the key's place,
    and FileError if the file cannot be written or other processes keep changing it.
    """
    check_printable(token.reveal(), "the token")
    found = ""

    def put(document: Document) -> None:
        nonlocal found
        found = token_key(document, token_prefix, key, source=path)
        fault = key_path.put(document, key_path.parse_key(found), token.reveal())
        if fault is not None:
            raise ConfigError(
                f"{visible(path)} has {fault}, so the token cannot be written there",
                hint="name the key that the Node CLI reads its token from: --key NAME",
            )

    changed = _edit(path, put, create=True)
    return WriteResult(path, found, changed)


def remove_token(path: str, key: str) -> bool:
    """Remove the key from the file, keep every other, and return whether it was there. Raises as `write_token` does."""
    found = False
    names = key_path.parse_key(key)

    def take(document: Document) -> None:
        nonlocal found
        found = key_path.remove(document, names)

    _edit(path, take, create=False)
    return found


def is_exposed(path: str) -> bool:
    """Whether other users can read the file: its mode and its folder's mode allow it. False if there is no file."""
    return bool(_open_to_others(path) & 0o044)


def is_writable_by_all(path: str) -> bool:
    """Whether every user of the machine can write to the file: its mode and its folder's mode allow it.

    `conf` 10 to 15 asks for mode 0666, so that only the umask keeps others out.
    """
    return SYSTEM.has_modes and bool(_open_to_others(path) & 0o002)


def tighten(path: str) -> None:
    """Set the file's mode to 0600 and the app's own folder's to 0700. Raises FileError."""
    try:
        os.chmod(path, files.PRIVATE_FILE)
    except OSError as error:
        raise files.failure("change the mode of", path, error) from None
    protect(path)


def protect(path: str) -> None:
    """Set the app's own folder, and no other, to mode 0700. Warns with ConfigWarning if that fails.

    `conf` creates the folder with 0755 and never changes its mode, and before version 16 rewrites the file with 0644:
    after that, only the folder protects the token. A link to a folder of another name is left alone: it may be shared.
    """
    folder = os.path.dirname(path)
    if not SYSTEM.has_modes or not os.path.basename(os.path.realpath(folder)).endswith(SUFFIX):
        return
    try:
        mode = stat.S_IMODE(os.stat(folder).st_mode)
        if mode & 0o077:
            os.chmod(folder, mode & files.PRIVATE_FOLDER)
    except FileNotFoundError:
        return
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        warnings.warn(
            ConfigWarning(f"{folder} stays open to other users: {reason}", hint=f"chmod 700 {quote_path(folder)}"),
            stacklevel=2,
        )


class _Changed(Exception):
    """Another process wrote to the file after it was read."""


def _edit(path: str, change: Callable[[Document], None], *, create: bool) -> bool:
    """Read, change and write the file; start over if another process changed it. Return whether it was written."""
    for _ in range(ATTEMPTS):
        content = _read_content(path)
        if content is None and not create:
            return False
        document = Document() if content is None else _parse_document(path, content)
        before = Secret(dump(document))
        change(document)
        after = Secret(dump(document))
        if content is not None and after == before:  # at most the mode changes: keep the layout
            after = Secret(content.reveal().removeprefix(_BYTE_ORDER_MARK))
        protect(path)
        files.sweep([os.path.dirname(os.path.realpath(path))])  # a killed writer's temporary file holds a token
        try:
            return files.write(path, after.reveal(), before_rename=partial(_check_unchanged, path, content))
        except _Changed:
            continue
    raise FileError(
        f"{path} was changed by another process {ATTEMPTS} times while this one was changing it",
        path=path,
        hint="end the Node CLI that writes to it, and run this command again",
    )


def _check_unchanged(path: str, content: Secret | None) -> None:
    if _read_content(path) != content:
        raise _Changed


def _read_content(path: str) -> Secret | None:
    """Read the file as a Secret, so that a traceback that shows variables does not show it."""
    if is_writable_by_all(path) and not is_trusted(os.stat(path).st_uid):
        raise UnsafeFile(
            f"{path} belongs to another user and can be written by every user, so it is not trusted",
            path=path,
            hint=f"look at who owns it: ls -l {quote_path(path)}",
        )
    text = files.read(path)
    return None if text is None else Secret(text)


def _parse_document(path: str, content: Secret) -> Document:
    parsed = parse(content.reveal().removeprefix(_BYTE_ORDER_MARK))
    if isinstance(parsed, Fault):
        raise MalformedFile(
            f"{path}, line {parsed.line}, column {parsed.column}: {parsed.reason}; the file was not changed",
            path=path,
            hint=f"fix it, or move it away: mv {quote_path(path)} {quote_path(f'{path}.broken')}",
        )
    return parsed


def _holders(document: Document, token_prefix: str | tuple[str, ...]) -> list[str]:
    if not token_prefix:  # without a prefix, a token looks like any other string
        return []
    found = key_path.find_strings(document, lambda text: text.startswith(token_prefix))
    return [key_path.format_key(path) for path in found]


def _open_to_others(path: str) -> int:
    """The file's permission bits for group and others, without those that its folder makes useless.

    With a umask of 002, the default on Ubuntu, `conf` creates the file as 0664; its group is then the user's own.
    """
    try:
        file = os.stat(path).st_mode
        folder = os.stat(os.path.dirname(os.path.realpath(path))).st_mode
    except OSError:
        return 0  # there is no file, or reading it will report the error
    return file & ((0o070 if folder & 0o010 else 0) | (0o007 if folder & 0o001 else 0))
