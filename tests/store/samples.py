"""Sample tokens, credentials and resolutions, and everything that an error can show."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from arka_config import Credential, Origin, ProfileStore, Resolution, Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HOME_URL = "https://arka-ai.com"
EU_URL = "https://eu.arka-ai.com"


def token(word: str) -> str:
    """Return a token in arka's format that contains a word: `arka_work000…`."""
    return "arka_" + word.replace("-", "_").ljust(37, "0")


def credential(word: str = "work", url: str = HOME_URL, **known: str) -> Credential:
    """Return a credential with `token(word)`."""
    return Credential(Secret(token(word)), Origin.of(url), **known)


def resolution(
    store: ProfileStore,
    variables: Mapping[str, str] | None = None,
    *,
    profile: str | None = None,
    api_key: str | None = None,
    api_url: str | None = None,
    directory: str = "/",
    may_be_new: bool = False,
    **environ: str,
) -> Resolution:
    """Return the resolution with these flags and variables, in this directory."""
    return Resolution(
        store,
        {**(variables or {}), **environ},
        profile=profile,
        flags={"token": api_key, "api_url": api_url},
        directory=lambda: directory,
        may_be_new=may_be_new,
    )


def fields_of(found: Credential | None) -> tuple[str, ...] | None:
    """Return all parts of a credential, for comparison."""
    if found is None:
        return None
    return found.token.reveal(), str(found.origin), found.label, found.created, found.expires, found.user


def read_tree(folder: str) -> dict[str, bytes]:
    """Return the content of every file below a folder, to compare before and after."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error, its causes and its contexts."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        error = waiting.pop()
        if error is not None and id(error) not in seen:
            seen.add(id(error))
            waiting += [error.__cause__, error.__context__]
            yield error


def all_text(error: BaseException) -> str:
    """Return all text in an error, its chain and their attributes, whether it is shown or not."""
    parts = ["".join(traceback.format_exception(error))]
    for each in chain(error):
        parts += [str(each), repr(each), repr(vars(each))]
        parts += [repr(getattr(each, name, None)) for name in dir(each) if not name.startswith("__")]
    return "\n".join(parts)
