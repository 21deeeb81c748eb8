"""The formats of the files of `templates/`, as types. They are for mypy, tests and the generated reference: nothing
imports them at run time."""

from typing import Annotated, NotRequired, TypedDict

from arka_config.schema import OneOf, Time
from arka_config.templates import approvals, ledger


class RecordedTokenTable(TypedDict):
    """A token that an apply stored."""

    source: str
    """where it came from: a token reference, or a digest if it was sealed"""
    origin: str
    """the origin that it is for"""
    created: Time
    """when it was stored, as in the [credential](#credentials)"""
    id: NotRequired[str]
    """its id at the workspace; omitted unless that issued it for the apply"""


class LedgerEntry(TypedDict):
    """What an apply recorded about one profile."""

    folder: str
    """the real path of the template's folder"""
    template: str
    """the template's file name"""
    created: bool
    """whether an apply created the profile. `--prune` removes only those"""
    fields: dict[str, object]
    """the values that were written, by dotted name; a token reference is `"env NAME"`"""
    kept: NotRequired[dict[str, object]]
    """template values that were overridden by this machine's, with `--take mine`; omitted if there are none"""
    token: NotRequired[RecordedTokenTable]
    """the token that an apply stored; omitted if it stored none"""


class LedgerFile(TypedDict):
    """What the last apply wrote."""

    version: Annotated[int, OneOf(1, ledger.VERSION)]
    """the version of the format: `2` if a token has an `id`, else `1`"""
    profiles: dict[str, LedgerEntry]
    """what was written, by the profile's name"""


class ApprovalsFile(TypedDict):
    """What the user has approved."""

    version: Annotated[int, OneOf(approvals.VERSION)]
    """the version of the format"""
    folders: dict[str, dict[str, str]]
    """the SHA-256 digest of each template, by its folder and its file name"""
    origins: dict[str, list[str]]
    """the token references that were sent to each origin"""
    routes: list[str]
    """the proxies and certificate files, as `settings.proxy URL`"""
